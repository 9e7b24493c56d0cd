// The quick start of the original, in CommonJS like the programs of its users.
const {
  Packetron,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  PacketronServerFlags,
} = require("packetron");

const server = new Packetron({
  port: 0,
  maxThreads: 2,
  flags: PacketronServerFlags.START_IMMEDIATELY,
});

server.handle({
  method: PacketronRequestMethod.GET,
  routePath: "api/status",
  handler: (_request, response) => {
    response.sendJson({ status: "ok" });
  },
});

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "api/echo",
  flags: PacketronHandlerFlags.JSON_BODY,
  handler: async (request, response) => {
    const body = await request.getBody();
    response.sendJson({ received: body });
  },
});

server.start().then(() => {
  if (server.isPrimary) console.log(`http://127.0.0.1:${server.port}`);
});
