const {
  Packetron,
  PacketronServerFlags,
  PacketronRequestMethod,
  PacketronHandlerFlags,
} = require("packetron");

const server = new Packetron({ port: 0, maxThreads: 2, flags: PacketronServerFlags.START_IMMEDIATELY });

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "api/upload",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
  maxRequestsPerSecond: 100,
  maxRequestSizeInBytes: 50 * 1024 * 1024,
  handler: async (req, res) => {
    const files = await req.getFiles();
    res.sendJson({ sizes: Object.values(files).map((file) => file.size) });
  },
});

server.handle({
  routePath: "few",
  maxRequestsPerSecond: 3,
  handler: (_req, res) => res.sendJson({ worker: server.workerId }),
});

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "small",
  flags: PacketronHandlerFlags.PLAIN_TEXT_BODY,
  maxRequestSizeInBytes: 10,
  handler: async (req, res) => res.sendJson({ body: await req.getBody() }),
});

require("./_listen.cjs")(server);
