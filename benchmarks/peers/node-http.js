/** `node:http` the usual way: `setHeader()` and `end()`. */
import { createServer } from "node:http";
import { HELLO } from "./_data.js";
import { build, listen } from "./_program.js";

const handler = build({
  json: () => (request, response) => {
    if (request.method === "GET" && request.url === "/json") sendJson(response, HELLO);
    else notFound(response);
  },
  echo: () => (request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => sendJson(response, JSON.parse(Buffer.concat(chunks).toString())));
  },
});

listen(createServer(handler));

function sendJson(response, value) {
  const body = JSON.stringify(value);
  response.statusCode = 200;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

function notFound(response) {
  response.statusCode = 404;
  response.setHeader("Content-Length", 0);
  response.end();
}
