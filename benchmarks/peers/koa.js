import { createServer } from "node:http";
import Router from "@koa/router";
import Koa from "koa";
import { HELLO, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { build, listen, middlewares } from "./_program.js";

const app = new Koa();

const router = new Router();

await build({
  json: answerHello,
  browser: () =>
    router.get("/page", (context) => {
      context.set(RESPONSE_HEADERS);
      context.body = { session: context.cookies.get("session"), theme: context.cookies.get("theme") };
    }),
  routes: () => {
    for (const name of ROUTE_NAMES)
      router.get(`/${name}/:id`, (context) => {
        context.body = { name, id: context.params.id };
      });
  },
  echo: async () => {
    const { bodyParser } = await import("@koa/bodyparser");
    app.use(bodyParser());
    router.post("/echo", (context) => {
      context.body = context.request.body;
    });
  },
  "plugins-1": withMiddlewares,
  "plugins-3": withMiddlewares,
});

app.use(router.routes());
app.use((context) => {
  context.status = 404;
  context.length = 0;
  context.res.end();
  context.respond = false;
});
listen(createServer(app.callback()));

function answerHello() {
  router.get("/json", (context) => {
    context.body = HELLO;
  });
}

function withMiddlewares() {
  for (const middleware of middlewares(createMiddleware)) app.use(middleware);
  answerHello();
}

function createMiddleware(name) {
  return (context, next) => {
    if (context.headers[name] === undefined) return next();
    context.status = 403;
  };
}
