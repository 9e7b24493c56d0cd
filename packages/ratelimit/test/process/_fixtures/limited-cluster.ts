/** A cluster of two workers with a limit of 10 on a stopped clock: the window of each worker never ends. */
import { type Capability, GateOrder, Packetron } from "@packetron/core";
import { createRateLimit } from "../../../src/rate-limit.ts";

const tellWorker: Capability = {
  name: "show-worker",
  install: (host) =>
    void host.gate(GateOrder.EARLY, (_request, response) => response.setHeader("X-Worker", process.pid)),
};

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 2,
  capabilities: [createRateLimit({ now: () => 0 }), tellWorker],
});
server.handle({
  routePath: "limited",
  maxRequestsPerSecond: 10,
  handler: (_request, response) => response.sendOk(),
});
await server.start();
if (server.isPrimary) process.stdout.write(`listening on ${server.port}\n`);
