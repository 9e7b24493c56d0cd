import restana from "restana";
import { HELLO, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { announce, build, middlewares } from "./_program.js";

const app = restana({
  securityHeaders: false, // the other contestants send none
  defaultRoute: (_request, response) => response.send("", 404),
});

await build({
  json: answerHello,
  browser: async () => {
    const { parseCookie } = await import("cookie");
    app.get("/page", (request, response) => {
      const { session, theme } = parseCookie(request.headers.cookie ?? "");
      response.send({ session, theme }, 200, RESPONSE_HEADERS);
    });
  },
  routes: () => {
    for (const name of ROUTE_NAMES)
      app.get(`/${name}/:id`, (request, response) => response.send({ name, id: request.params.id }));
  },
  echo: async () => {
    const { json } = await import("body-parser");
    app.post("/echo", json(), (request, response) => response.send(request.body));
  },
  "plugins-1": withMiddlewares,
  "plugins-3": withMiddlewares,
});

const server = await app.start(0, "127.0.0.1");
announce(server.address().port);

function answerHello() {
  app.get("/json", (_request, response) => response.send(HELLO));
}

function withMiddlewares() {
  for (const middleware of middlewares(createMiddleware)) app.use(middleware);
  answerHello();
}

function createMiddleware(name) {
  return (request, response, next) => {
    if (request.headers[name] === undefined) return next();
    response.send("", 403);
  };
}
