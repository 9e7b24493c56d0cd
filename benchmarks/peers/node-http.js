/** `node:http` in its usual form: `setHeader()` and `end()`. */
import { createServer } from "node:http";
import { HELLO, RATE_LIMIT, RESPONSE_HEADERS } from "./_data.js";
import { openEventStream } from "./_event-stream.js";
import { build, listen, middlewares, wait, work } from "./_program.js";

const handler = await build({
  json: () => answerHello,
  burst: () => (request, response) => {
    work();
    answerHello(request, response);
  },
  events: () => (request, response) => {
    if (request.url === "/events") openEventStream(response);
    else answerHello(request, response);
  },
  async: () => async (request, response) => {
    await wait();
    answerHello(request, response);
  },
  browser: async () => {
    const { parseCookie } = await import("cookie");
    return (request, response) => {
      const { session, theme } = parseCookie(request.headers.cookie ?? "");
      for (const [name, value] of Object.entries(RESPONSE_HEADERS)) response.setHeader(name, value);
      sendJson(response, { session, theme });
    };
  },
  echo: () => (request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => sendJson(response, JSON.parse(Buffer.concat(chunks).toString())));
  },
  "plugins-1": withMiddlewares,
  "plugins-3": withMiddlewares,
  "rate-limit": () => {
    let [windowStart, count] = [0, 0];
    return (request, response) => {
      const now = performance.now();
      if (now - windowStart >= 1000) [windowStart, count] = [now, 0];
      if (++count > RATE_LIMIT) sendEmpty(response, 429);
      else answerHello(request, response);
    };
  },
  upload: async () => {
    const { receiveFile } = await import("./_form.js");
    return async (request, response) => sendJson(response, { size: await receiveFile(request) });
  },
});

listen(createServer(handler));

function answerHello(request, response) {
  if (request.method === "GET" && request.url === "/json") sendJson(response, HELLO);
  else sendEmpty(response, 404);
}

function withMiddlewares() {
  const checks = middlewares((name) => (request) => request.headers[name] !== undefined);
  return (request, response) => {
    if (checks.some((check) => check(request))) sendEmpty(response, 403);
    else answerHello(request, response);
  };
}

function sendJson(response, value) {
  const body = JSON.stringify(value);
  response.statusCode = 200;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

function sendEmpty(response, status) {
  response.statusCode = status;
  response.setHeader("Content-Length", 0);
  response.end();
}
