/** A server of one process whose handler blocks the event loop for 20 ms. It logs JSON to stderr. */

import { Packetron } from "packetron";

const WORK = 20;

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 1,
  idleGrace: 0,
  health: {},
  overload: { maxEventLoopDelay: 100, retryAfter: 1 },
});
server.handle({
  routePath: "work",
  handler(_request, response) {
    const end = performance.now() + WORK;
    while (performance.now() < end);
    response.sendTextPlain("done");
  },
});
server.handle({ routePath: "idle", handler: (_request, response) => response.sendTextPlain("idle") });
await server.start();
process.stdout.write(`${server.port}\n`);
