/** A cluster of two with OPEN_FIREWALL. It prints its port on stdout and stops when stdin ends. */
import { Packetron, PacketronServerFlags } from "@packetron/core";
import { createFirewall } from "../../../src/firewall.ts";
import { thisMachine } from "../../../src/machine.ts";

const machine = { ...thisMachine(), platform: "linux", uid: 0 };
const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 2,
  idleGrace: 0,
  flags: PacketronServerFlags.OPEN_FIREWALL,
  capabilities: [
    createFirewall(machine, (each) => {
      const address = each.address();
      return address === null ? null : { ...address, address: "0.0.0.0" };
    }),
  ],
});
server.handle({
  routePath: "/",
  handler: (_request, response) => response.sendJson({ worker: server.workerId }),
});
await server.start();
if (server.isPrimary) {
  process.stdout.write(`${server.port}\n`);
  process.stdin.on("end", () => void server.stop()).resume();
}
