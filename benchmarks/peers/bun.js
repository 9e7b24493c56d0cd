/** The server and router of Bun, run by Bun. */
import { HELLO, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
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
  echo: () => ({ "/echo": { POST: async (request) => Response.json(await request.json()) } }),
});

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  routes,
  fetch: () => new Response(null, { status: 404 }),
});

announce(server.port);

function answerHello() {
  return { "/json": { GET: () => Response.json(HELLO) } };
}

function route(name) {
  return [`/${name}/:id`, { GET: (request) => Response.json({ name, id: request.params.id }) }];
}
