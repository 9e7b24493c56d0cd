const {
  Packetron,
  PacketronServerFlags,
  PacketronRequestMethod,
  PacketronHandlerFlags,
} = require("packetron");

const server = new Packetron({
  port: 0,
  maxThreads: 4,
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

require("./_listen.cjs")(server);
