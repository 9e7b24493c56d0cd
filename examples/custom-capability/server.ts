/** A server with an open route, and one for clients that have a key. */
import { Packetron } from "@packetron/core";
import { API_KEY, apiKey } from "./api-key.ts";

const server = new Packetron({
  port: Number(process.env["PORT"] ?? 3000),
  maxThreads: 1,
  capabilities: [apiKey()],
  apiKeys: ["secret"],
});

server.handle({ routePath: "open", handler: (_request, response) => response.sendJson({ for: "all" }) });
server.handle({
  routePath: "report",
  flags: API_KEY,
  handler: (_request, response) => response.sendJson({ for: "clients with a key" }),
});

await server.start();
console.log(`Try http://127.0.0.1:${server.port}/report`);
