const {
  Packetron,
  PacketronServerFlags,
  PacketronHandlerFlags,
  PacketronFileRouterFlags,
  PacketronRequestMethod,
  PacketronPluginPriority,
  HttpResponseCode,
  PacketronConstants,
} = require("packetron");

const server = new Packetron({ port: 0, maxThreads: 1, flags: PacketronServerFlags.START_IMMEDIATELY });

server.handle({
  routePath: "constants",
  flags: PacketronHandlerFlags.JSON_BODY | PacketronHandlerFlags.LOCAL_PLUGINS_ONLY,
  handler: (_request, response) =>
    response.sendJson({
      PacketronServerFlags,
      PacketronHandlerFlags,
      PacketronFileRouterFlags,
      PacketronRequestMethod,
      PacketronPluginPriority,
      HttpResponseCode,
      combined: PacketronHandlerFlags.JSON_BODY | PacketronHandlerFlags.LOCAL_PLUGINS_ONLY,
      mimeTypes: PacketronConstants._mimeTypes,
    }),
});

require("./_listen.cjs")(server);
