/** The server and router of Bun, run by Bun. */
import { brotliCompressSync, constants } from "node:zlib";
import { CATALOGS, HELLO, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { announce, build, wait, work } from "./_program.js";

const routes = build({
  json: answerHello,
  burst: () => ({
    "/json": {
      GET: () => {
        work();
        return Response.json(HELLO);
      },
    },
  }),
  paced: answerHello,
  async: () => ({
    "/json": {
      GET: async () => {
        await wait();
        return Response.json(HELLO);
      },
    },
  }),
  browser: () => ({
    "/page": {
      GET: (request) => {
        const [session, theme] = [request.cookies.get("session"), request.cookies.get("theme")];
        return Response.json({ session, theme }, { headers: RESPONSE_HEADERS });
      },
    },
  }),
  routes: () => Object.fromEntries(ROUTE_NAMES.map(route)),
  compress: () => ({ "/catalog/:size": { GET: compressed } }),
  echo: () => ({ "/echo": { POST: async (request) => Response.json(await request.json()) } }),
});

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  routes,
  fetch: () => new Response(null, { status: 404 }),
});

announce(server.port);

/** Bun.serve compresses nothing by itself. This is the coding that the others choose, by the same quality. */
function compressed(request) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 4 };
  const body = brotliCompressSync(JSON.stringify(CATALOGS[request.params.size]), { params });
  const headers = { "Content-Type": "application/json", "Content-Encoding": "br", Vary: "Accept-Encoding" };
  return new Response(body, { headers });
}

function answerHello() {
  return { "/json": { GET: () => Response.json(HELLO) } };
}

function route(name) {
  return [`/${name}/:id`, { GET: (request) => Response.json({ name, id: request.params.id }) }];
}
