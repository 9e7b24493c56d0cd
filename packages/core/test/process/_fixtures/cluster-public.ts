/** A user's program: it uses the public API in cluster mode. `PORT`, `FLAGS` and `RESTARTS` are environment variables. */
import { existsSync } from "node:fs";
import { Packetron } from "../../../src/index.ts";

const server = new Packetron({
  host: "127.0.0.1",
  port: Number(process.env["PORT"] ?? 0),
  flags: Number(process.env["FLAGS"] ?? 0),
  maxThreads: 2,
  restartBackoff: 20,
  maxRestarts: Number(process.env["RESTARTS"] ?? 10),
  capabilities: [
    {
      name: "fragile",
      install({ server: { role } }) {
        if (existsSync(process.env["BREAK"] ?? "") && role === "worker")
          throw new Error("not installed in a worker");
      },
    },
  ],
});

server.handle({
  routePath: "/",
  handler: (_request, response) =>
    response.sendJson({ pid: process.pid, worker: server.workerId, role: server.role }),
});
server.handle({
  routePath: "slow/:ms",
  handler: (request, response) => {
    setTimeout(
      () => response.sendJson({ pid: process.pid, worker: server.workerId }),
      Number(request.params.ms),
    );
  },
});
server.handle({
  routePath: "throw",
  handler: () => {
    throw new Error("thrown by a handler");
  },
});

if (existsSync(process.env["CRASH"] ?? "") && server.role === "worker") throw new Error("broken by the file");
if (process.env["FLAGS"] === undefined) await server.start();
server.on("listening", print);
if (server.address() !== null) print();

function print(): void {
  const facts = { role: server.role, worker: server.workerId, port: server.port, server: 0 };
  process.stdout.write(`${JSON.stringify({ event: "started", pid: process.pid, ...facts })}\n`);
}
