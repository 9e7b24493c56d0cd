import fastify from "fastify";
import { CATALOGS, HELLO, RATE_LIMIT, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { openEventStream } from "./_event-stream.js";
import { announce, build, middlewares, publicFolder, wait, work } from "./_program.js";

const app = fastify();

/** The schema of `_order-schema.js` for the validator of fastify, ajv. */
const ORDER_SCHEMA = {
  type: "object",
  required: ["items", "note"],
  properties: {
    items: {
      type: "array",
      items: {
        type: "object",
        required: ["id", "name", "price", "stocked"],
        properties: {
          id: { type: "integer" },
          name: { type: "string", minLength: 1 },
          price: { type: "number" },
          stocked: { type: "boolean" },
        },
      },
    },
    note: { type: "string" },
  },
};

app.setNotFoundHandler((_request, reply) => reply.code(404).send());

await build({
  json: answerHello,
  burst: () =>
    app.get("/json", async () => {
      work();
      return HELLO;
    }),
  events: () => {
    answerHello();
    app.get("/events", (_request, reply) => {
      reply.hijack();
      openEventStream(reply.raw);
    });
  },
  async: () =>
    app.get("/json", async () => {
      await wait();
      return HELLO;
    }),
  browser: async () => {
    await app.register(import("@fastify/cookie"));
    app.get("/page", async (request, reply) => {
      reply.headers(RESPONSE_HEADERS);
      const { session, theme } = request.cookies;
      return { session, theme };
    });
  },
  routes: () => {
    for (const name of ROUTE_NAMES)
      app.get(`/${name}/:id`, async (request) => ({ name, id: request.params.id }));
  },
  echo: () => app.post("/echo", async (request) => request.body),
  validate: () => app.post("/orders", { schema: { body: ORDER_SCHEMA } }, async (request) => request.body),
  "plugins-1": withHooks,
  "plugins-3": withHooks,
  "rate-limit": async () => {
    const silent = { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false };
    await app.register(import("@fastify/rate-limit"), {
      max: RATE_LIMIT,
      timeWindow: 1000,
      addHeaders: silent,
      addHeadersOnExceeding: silent,
    });
    answerHello();
  },
  compress: async () => {
    await app.register(import("@fastify/compress"));
    app.get("/catalog/:size", async (request) => CATALOGS[request.params.size]);
  },
  static: () => app.register(import("@fastify/static"), { root: publicFolder }),
  upload: async () => {
    const { store } = await import("./_form.js");
    await app.register(import("@fastify/multipart"), { limits: { fileSize: Infinity } });
    app.post("/upload", async (request) => ({ size: await store((await request.file()).file) }));
  },
});

await app.listen({ port: 0, host: "127.0.0.1" });
announce(app.server.address().port);

function answerHello() {
  app.get("/json", async () => HELLO);
}

function withHooks() {
  for (const hook of middlewares(createHook)) app.addHook("onRequest", hook);
  answerHello();
}

function createHook(name) {
  return (request, reply, next) => {
    if (request.headers[name] === undefined) next();
    else reply.code(403).send();
  };
}
