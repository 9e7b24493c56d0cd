/** A cluster of workers that count their answers, each under its own process id. SIGUSR2 reloads it. */
import { Packetron } from "@packetron/core";
import { metrics } from "../../../src/index.ts";

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: Number(process.env["WORKERS"]),
  minReadyTime: 50,
  restartBackoff: 20,
  idleGrace: 50,
  capabilities: [metrics()],
  metrics: true,
});
const answered = server.metrics.counter({ name: "answered_total", help: "Answers.", labels: ["pid"] });
const own = answered.labels({ pid: process.pid });
server.handle({
  routePath: "count",
  handler: (_request, response) => {
    own.inc();
    response.sendTextPlain(String(process.pid));
  },
});
server.handle({
  routePath: "block/:ms",
  handler: (request, response) => {
    const end = performance.now() + Number(request.params.ms);
    while (performance.now() < end);
    response.sendTextPlain(String(server.workerId));
  },
});
server.handle({ routePath: "exit", handler: () => process.exit(7) });
if (server.isPrimary) process.on("SIGUSR2", async () => print({ reload: await server.reload() }));
await server.start();
if (server.isPrimary) print({ port: server.port });

function print(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
