// Core with a single capability, in one process, from CommonJS.
const { bodyJson } = require("@packetron/body-json");
const { Packetron, PacketronHandlerFlags, PacketronRequestMethod } = require("@packetron/core");

const server = new Packetron({ port: 0, maxThreads: 1, capabilities: [bodyJson()] });

server.handle({
  routePath: "api/status",
  handler: (_request, response) => response.sendJson({ status: "ok" }),
});
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "api/echo",
  flags: PacketronHandlerFlags.JSON_BODY,
  handler: async (request, response) => response.sendJson({ received: await request.getBody() }),
});

server.start().then(() => console.log(`http://127.0.0.1:${server.port}`));
