import { createServer } from "node:http";
import { H3, parseCookies, readBody } from "h3";
import { toNodeHandler } from "h3/node";
import { HELLO, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { build, listen, middlewares } from "./_program.js";

const app = new H3();

build({
  json: answerHello,
  browser: () =>
    app.get("/page", (event) => {
      for (const [name, value] of Object.entries(RESPONSE_HEADERS)) event.res.headers.set(name, value);
      const { session, theme } = parseCookies(event);
      return { session, theme };
    }),
  routes: () => {
    for (const name of ROUTE_NAMES)
      app.get(`/${name}/:id`, (event) => ({ name, id: event.context.params.id }));
  },
  echo: () => app.post("/echo", (event) => readBody(event)),
  "plugins-1": withMiddlewares,
  "plugins-3": withMiddlewares,
});

app.all("/**", () => new Response(null, { status: 404, headers: { "Content-Length": "0" } }));
listen(createServer(toNodeHandler(app)));

function answerHello() {
  app.get("/json", () => HELLO);
}

function withMiddlewares() {
  for (const middleware of middlewares(createMiddleware)) app.use(middleware);
  answerHello();
}

function createMiddleware(name) {
  return (event, next) =>
    event.req.headers.get(name) === null ? next() : new Response(null, { status: 403 });
}
