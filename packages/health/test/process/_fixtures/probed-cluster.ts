/** A cluster of two workers with probes, and a gate that refuses all other requests. SIGUSR2 reloads it. */
import { type Capability, GateOrder, Packetron } from "@packetron/core";
import { health } from "../../../src/index.ts";

const deny: Capability = {
  name: "deny",
  install: (host) =>
    void host.gate(GateOrder.GLOBAL_PLUGINS, (_request, response) => response.sendStatusCode(401)),
};

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 2,
  preDrainDelay: 4_000,
  capabilities: [health(), deny],
  health: { checks: { memory: () => process.memoryUsage.rss() > 0 } },
});
if (server.isPrimary) process.on("SIGUSR2", async () => print(await server.reload()));
await server.start();
if (server.isPrimary) print({ port: server.port });

function print(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
