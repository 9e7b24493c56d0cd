/**
 * A program whose answers contain the process id of the worker. `OPTIONS` (JSON) are the options of its server. While a
 * file `HOLD` exists, no worker starts.
 */
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Packetron } from "../../../src/index.ts";

const server = new Packetron({ host: "127.0.0.1", port: 0, ...JSON.parse(process.env["OPTIONS"] ?? "{}") });

server.handle({
  routePath: "/",
  handler: (request, response) =>
    response.sendJson({ pid: process.pid, worker: server.workerId, role: server.role, ip: request.ip }),
});
server.handle({
  routePath: "slow/:ms",
  handler: (request, response) => {
    const answer = (): void => response.sendJson({ pid: process.pid, worker: server.workerId });
    setTimeout(answer, Number(request.params.ms));
  },
});

while (server.role === "worker" && existsSync(process.env["HOLD"] ?? "")) await pause(20);
await server.start();
const facts = { role: server.role, worker: server.workerId, port: server.port, server: 0 };
process.stdout.write(`${JSON.stringify({ event: "started", pid: process.pid, ...facts })}\n`);
