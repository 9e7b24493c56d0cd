/** Packetron as published: the harness lays out the built packages like an npm installation. */
import { CATALOGS, HELLO, RATE_LIMIT, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import {
  announce,
  application,
  build,
  makeEventSource,
  makeUploadFolder,
  middlewares,
  publicFolder,
  variant,
  wait,
  work,
} from "./_program.js";

const { Packetron, PacketronHandlerFlags, PacketronPlugin, PacketronRequestMethod } = await import(
  process.env.BENCHMARK_PACKETRON
);

const isDistributed = ["least-connections", "round-robin", "sticky-ip", "reuse-port"].includes(variant);

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: application === "cluster" || isDistributed ? 2 : 1,
  errorBodies: "none", // every contestant answers 404 with an empty body
  dispatch: variant === "standard" ? "standard" : "direct",
  ...(application === "compress" ? { compress: true } : {}),
  ...(isDistributed ? { distribution: variant } : {}),
  ...(application.startsWith("plugins-") ? { plugins: middlewares(createPlugin) } : {}),
});

await build({
  json: answerHello,
  cluster: answerHello,
  burst: () =>
    get("json", (_request, response) => {
      work();
      response.sendJson(HELLO);
    }),
  events: () => {
    answerHello();
    const streams = makeEventSource();
    get("events", (_request, response) =>
      response.sendEvents((events) => {
        const send = () => events.send({ data: HELLO });
        send();
        streams.add(send);
        return () => streams.delete(send);
      }),
    );
  },
  async: () =>
    get("json", async (_request, response) => {
      await wait();
      response.sendJson(HELLO);
    }),
  browser: () =>
    get("page", (request, response) => {
      for (const [name, value] of Object.entries(RESPONSE_HEADERS)) response.setHeader(name, value);
      const { session, theme } = request.cookies;
      response.sendJson({ session, theme });
    }),
  routes: () => {
    for (const name of ROUTE_NAMES)
      get(`${name}/:id`, (request, response) => response.sendJson({ name, id: request.params.id }));
  },
  echo: () =>
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "echo",
      flags: PacketronHandlerFlags.JSON_BODY,
      handler: async (request, response) => response.sendJson(await request.getBody()),
    }),
  validate: async () => {
    const { orderSchema } = await import("./_order-schema.js");
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "orders",
      schema: { body: orderSchema },
      handler: ({ valid }, response) => response.sendJson(valid.body),
    });
  },
  websocket: () => {
    answerHello();
    server.webSocket({
      routePath: "echo",
      idleTimeout: 0,
      message: (socket, data) => void socket.send(data),
    });
    server.webSocket({
      routePath: "all",
      idleTimeout: 0,
      open: (socket) => socket.subscribe("all"),
      message: (_socket, data) => server.publish("all", data),
    });
  },
  "plugins-1": answerHello,
  "plugins-3": answerHello,
  "rate-limit": () => answerHello({ maxRequestsPerSecond: RATE_LIMIT }),
  compress: () =>
    get("catalog/:size", (request, response) => response.sendJson(CATALOGS[request.params.size])),
  static: () => server.serve({ directory: publicFolder }),
  upload: async () => {
    const { measureAndDelete } = await import("./_form.js");
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "upload",
      flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
      multipartOptions: { maxFileSize: Number.POSITIVE_INFINITY, fileStorageDirectory: makeUploadFolder() },
      handler: async (request, response) => {
        const { file } = await request.getFiles();
        response.sendJson({ size: await measureAndDelete(file.path) });
      },
    });
  },
});

await server.start();
if (server.isPrimary) announce(server.port);

function answerHello(options = {}) {
  get("json", (_request, response) => response.sendJson(HELLO), options);
}

function get(routePath, handler, options = {}) {
  server.handle({ routePath, handler, ...options });
}

function createPlugin(name) {
  return new PacketronPlugin({
    handler: (request, response) => {
      if (request.headers[name] === undefined) return false;
      response.sendStatusCode(403);
      return true;
    },
  });
}
