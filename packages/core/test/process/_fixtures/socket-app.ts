/**
 * A program on a Unix socket. `OPTIONS` (JSON) are the options of its server. A line on stdin makes it reload.
 */
import { createInterface } from "node:readline";
import { Packetron } from "../../../src/index.ts";

const server = new Packetron(JSON.parse(process.env["OPTIONS"] ?? "{}"));

server.handle({
  routePath: "/",
  handler: (request, response) =>
    response.sendJson({
      pid: process.pid,
      worker: server.workerId,
      ip: request.ip,
      address: server.address()?.address,
    }),
});

function print(event: string, facts: object): void {
  process.stdout.write(
    `${JSON.stringify({ event, pid: process.pid, role: server.role, server: 0, ...facts })}\n`,
  );
}

try {
  await server.start();
  print("started", { address: server.address()?.address });
} catch (error) {
  print("rejected", { message: String(error) });
}
if (server.isPrimary)
  createInterface({ input: process.stdin }).on("line", async () => print("reloaded", await server.reload()));
