/** Packetron with WebSockets, on as many workers as the first argument says. */
import { Packetron } from "@packetron/core";
import { webSocket } from "@packetron/websocket";

const server = new Packetron({
  ...{ host: "127.0.0.1", port: 0, maxThreads: Number(process.argv[2]) },
  capabilities: [webSocket()],
});
server.webSocket({ routePath: "echo", idleTimeout: 0, message: (socket, data) => void socket.send(data) });
server.webSocket({
  routePath: "all",
  idleTimeout: 0,
  open: (socket) => socket.subscribe("all"),
  message: (_socket, data) => server.publish("all", data),
});
await server.start();
if (server.isPrimary) process.stdout.write(`${server.port}\n`);
