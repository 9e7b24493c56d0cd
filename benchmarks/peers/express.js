/** Express without two headers that the others do not send: `X-Powered-By`, and `ETag` on generated answers. */
import { createServer } from "node:http";
import express from "express";
import { CATALOGS, HELLO, RATE_LIMIT, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { build, listen, makeUploadFolder, middlewares, publicFolder, wait } from "./_program.js";

const app = express();
app.disable("x-powered-by");
app.disable("etag");

await build({
  json: answerHello,
  browser: async () => {
    const { default: cookieParser } = await import("cookie-parser");
    app.use(cookieParser());
    app.get("/page", (request, response) => {
      const { session, theme } = request.cookies;
      response.set(RESPONSE_HEADERS).json({ session, theme });
    });
  },
  routes: () => {
    for (const name of ROUTE_NAMES)
      app.get(`/${name}/:id`, (request, response) => response.json({ name, id: request.params.id }));
  },
  echo: () => app.post("/echo", express.json(), (request, response) => response.json(request.body)),
  validate: async () => {
    const { orderSchema } = await import("./_order-schema.js");
    app.post("/orders", express.json(), (request, response) => {
      const { success, data } = orderSchema.safeParse(request.body);
      if (success) response.json(data);
      else response.status(400).end();
    });
  },
  async: () =>
    app.get("/json", async (_request, response) => {
      await wait();
      response.json(HELLO);
    }),
  "plugins-1": withMiddlewares,
  "plugins-3": withMiddlewares,
  "rate-limit": async () => {
    const { rateLimit } = await import("express-rate-limit");
    app.use(rateLimit({ windowMs: 1000, limit: RATE_LIMIT, standardHeaders: false, legacyHeaders: false }));
    answerHello();
  },
  compress: async () => {
    const { default: compression } = await import("compression");
    app.use(compression());
    app.get("/catalog/:size", (request, response) => response.json(CATALOGS[request.params.size]));
  },
  static: () => app.use(express.static(publicFolder)),
  upload: async () => {
    const { default: multer } = await import("multer");
    const { measureAndDelete } = await import("./_form.js");
    const upload = multer({ dest: makeUploadFolder() });
    app.post("/upload", upload.single("file"), async (request, response) => {
      response.json({ size: await measureAndDelete(request.file.path) });
    });
  },
});

app.use((_request, response) => response.status(404).set("Content-Length", "0").end());
listen(createServer(app));

function answerHello() {
  app.get("/json", (_request, response) => response.json(HELLO));
}

function withMiddlewares() {
  for (const middleware of middlewares(createMiddleware)) app.use(middleware);
  answerHello();
}

function createMiddleware(name) {
  return (request, response, next) => {
    if (request.headers[name] === undefined) next();
    else response.status(403).end();
  };
}
