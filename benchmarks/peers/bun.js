/** The server and router of Bun, run by Bun. */
import { brotliCompressSync, constants } from "node:zlib";
import { CATALOGS, HELLO, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { announce, build, wait, work } from "./_program.js";

const routes = await build({
  json: answerHello,
  burst: () => ({
    "/json": {
      GET: () => {
        work();
        return Response.json(HELLO);
      },
    },
  }),
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
  validate: async () => {
    const { orderSchema } = await import("./_order-schema.js");
    return {
      "/orders": {
        POST: async (request) => {
          const { success, data } = orderSchema.safeParse(await request.json());
          return success ? Response.json(data) : new Response(null, { status: 400 });
        },
      },
    };
  },
  websocket: () => ({ ...answerHello(), "/echo": upgrade, "/all": upgrade }),
  echo: () => ({ "/echo": { POST: async (request) => Response.json(await request.json()) } }),
});

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  routes,
  fetch: () => new Response(null, { status: 404 }),
  websocket: {
    open(socket) {
      if (socket.data === "/all") socket.subscribe("all");
    },
    message(socket, data) {
      if (socket.data === "/echo") socket.send(data);
      else server.publish("all", data);
    },
  },
});

announce(server.port);

/** Bun.serve compresses nothing by itself. This is the coding of the others, at the quality of Fastify and Express. */
function compressed(request) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 4 };
  const body = brotliCompressSync(JSON.stringify(CATALOGS[request.params.size]), { params });
  const headers = { "Content-Type": "application/json", "Content-Encoding": "br", Vary: "Accept-Encoding" };
  return new Response(body, { headers });
}

function upgrade(request, server) {
  server.upgrade(request, { data: new URL(request.url).pathname });
}

function answerHello() {
  return { "/json": { GET: () => Response.json(HELLO) } };
}

function route(name) {
  return [`/${name}/:id`, { GET: (request) => Response.json({ name, id: request.params.id }) }];
}
