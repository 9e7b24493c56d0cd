/** Bun's own server and router, run by Bun. */
import { HELLO } from "./_data.js";
import { announce, build } from "./_program.js";

const routes = build({
  json: () => ({ "/json": { GET: () => Response.json(HELLO) } }),
  echo: () => ({ "/echo": { POST: async (request) => Response.json(await request.json()) } }),
});

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  routes,
  fetch: () => new Response(null, { status: 404 }),
});

announce(server.port);
