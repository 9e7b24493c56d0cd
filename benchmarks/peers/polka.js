import { createServer } from "node:http";
import polka from "polka";
import { HELLO, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { build, listen, middlewares } from "./_program.js";

const app = polka({ onNoMatch: (_request, response) => sendEmpty(response, 404) });

await build({
  json: answerHello,
  browser: async () => {
    const { parseCookie } = await import("cookie");
    app.get("/page", (request, response) => {
      const { session, theme } = parseCookie(request.headers.cookie ?? "");
      for (const [name, value] of Object.entries(RESPONSE_HEADERS)) response.setHeader(name, value);
      sendJson(response, { session, theme });
    });
  },
  routes: () => {
    for (const name of ROUTE_NAMES)
      app.get(`/${name}/:id`, (request, response) => sendJson(response, { name, id: request.params.id }));
  },
  echo: async () => {
    const { json } = await import("body-parser");
    app.post("/echo", json(), (request, response) => sendJson(response, request.body));
  },
  "plugins-1": withMiddlewares,
  "plugins-3": withMiddlewares,
});

listen(createServer(app.handler));

function answerHello() {
  app.get("/json", (_request, response) => sendJson(response, HELLO));
}

function withMiddlewares() {
  for (const middleware of middlewares(createMiddleware)) app.use(middleware);
  answerHello();
}

function createMiddleware(name) {
  return (request, response, next) => {
    if (request.headers[name] === undefined) next();
    else sendEmpty(response, 403);
  };
}

/** Sends JSON like `@polka/send-type`, because polka itself has no helper for answers. */
function sendJson(response, value) {
  const body = JSON.stringify(value);
  const headers = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
  };
  response.writeHead(200, headers).end(body);
}

function sendEmpty(response, status) {
  response.writeHead(status, { "Content-Length": 0 }).end();
}
