/** `node:http` tuned by hand: one `writeHead()` with precomputed headers and one `end()`, so one write. */
import { createServer } from "node:http";
import { HELLO } from "./_data.js";
import { build, listen } from "./_program.js";

const JSON_TYPE = "application/json; charset=utf-8";

const handler = build({
  json: () => {
    const body = JSON.stringify(HELLO);
    const head = { "Content-Type": JSON_TYPE, "Content-Length": Buffer.byteLength(body) };
    return (request, response) => {
      if (request.method === "GET" && request.url === "/json") response.writeHead(200, head).end(body);
      else response.writeHead(404, { "Content-Length": 0 }).end();
    };
  },
  echo: () => (request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const body = JSON.stringify(JSON.parse(text));
      response
        .writeHead(200, { "Content-Type": JSON_TYPE, "Content-Length": Buffer.byteLength(body) })
        .end(body);
    });
  },
});

listen(createServer(handler));
