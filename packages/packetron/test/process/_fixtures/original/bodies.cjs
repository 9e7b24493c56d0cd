const {
  Packetron,
  PacketronServerFlags,
  PacketronRequestMethod,
  PacketronHandlerFlags,
} = require("packetron");

const server = new Packetron({ port: 0, maxThreads: 1, flags: PacketronServerFlags.START_IMMEDIATELY });

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "api/users",
  flags: PacketronHandlerFlags.JSON_BODY,
  handler: async (req, res) => {
    const body = await req.getBody();
    if (body === null) return res.sendStatusCode(400);
    res.sendJson(body);
  },
});

// Answers with the results of getBody() and getFiles(), with each flag and without one.
for (const flag of [
  "JSON_BODY",
  "FORM_DATA",
  "XML_BODY",
  "PLAIN_TEXT_BODY",
  "DONT_USE_BODY",
  "FILE_UPLOAD",
]) {
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: flag,
    flags: PacketronHandlerFlags[flag],
    handler: async (req, res) => res.sendJson({ body: await req.getBody(), files: await req.getFiles() }),
  });
}

require("./_listen.cjs")(server);
