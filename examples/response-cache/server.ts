/** A server with a slow route whose answers are kept for two seconds. */
import { setTimeout as wait } from "node:timers/promises";
import { Packetron } from "@packetron/core";
import { responseCache } from "./response-cache.ts";

const server = new Packetron({
  port: Number(process.env.PORT ?? 3000),
  maxThreads: 1,
  capabilities: [responseCache()],
});

let runs = 0;

server.handle({
  routePath: "report/:year",
  cacheFor: 2,
  handler: async (request, response) => {
    await wait(100);
    response.sendJson({ year: request.params.year, runs: ++runs });
  },
});

server.handle({
  routePath: "counts",
  handler: (_request, response) => response.sendJson(server.cacheCounts),
});

await server.start();
console.log(`Try http://127.0.0.1:${server.port}/report/2026`);
