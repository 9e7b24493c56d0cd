/** A server on a Unix socket. It believes what its proxy says about clients: who can connect is for the file to say. */
import { Packetron, PacketronRequestMethod } from "packetron";

const server = new Packetron({
  socket: { path: process.env["SOCKET"] ?? "/run/api/api.sock", mode: 0o660 },
  maxThreads: 1,
});

server.handle({
  routePath: "whoami",
  handler: ({ ip, protocol, host }, response) => response.sendJson({ ip, protocol, host }),
});

/** How many bytes of uploads have arrived. */
let received = 0;
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "uploads",
  handler: async (request, response) => {
    for await (const chunk of request) received += chunk.length;
    response.sendJson({ received });
  },
});
server.handle({ routePath: "received", handler: (_request, response) => response.sendJson({ received }) });

server.handle({
  routePath: "events",
  handler: (_request, response) =>
    response.sendEvents((events) => {
      events.send({ data: "the first event" });
    }),
});

server.webSocket({ routePath: "echo", message: (socket, data) => void socket.send(data) });

await server.start();
