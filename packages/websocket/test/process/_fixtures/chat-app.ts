/** A program with a topic. Prints the port, and the result of each reload that SIGUSR2 asks for. */
import { Packetron } from "@packetron/core";
import { webSocket } from "../../../src/index.ts";

const server = new Packetron({
  ...{
    host: "127.0.0.1",
    port: 0,
    maxThreads: Number(process.env["WORKERS"]),
    idleGrace: 0,
    minReadyTime: 50,
  },
  capabilities: [webSocket()],
});
server.webSocket({
  routePath: "chat",
  open(socket) {
    socket.subscribe("all");
    socket.send(JSON.stringify({ worker: server.workerId, pid: process.pid }));
  },
  message: (_socket, data) => server.publish("all", data),
});
await server.start();
if (server.isPrimary) {
  const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  print({ port: server.port });
  process.on("SIGUSR2", async () => print(await server.reload()));
}
