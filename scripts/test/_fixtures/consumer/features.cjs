// One feature of each package, in CommonJS.
const path = require("node:path");
const {
  firewallErrorCodes,
  Packetron,
  PacketronHandlerFlags,
  PacketronPlugin,
  PacketronRequestMethod,
  PacketronServerFlags,
} = require("packetron");

const server = new Packetron({
  port: 0,
  maxThreads: 2,
  flags: PacketronServerFlags.START_IMMEDIATELY,
  plugins: [
    PacketronPlugin.create({ handler: (_request, response) => void response.setHeader("X-Plugin", "yes") }),
  ],
});

for (const flag of ["JSON_BODY", "PLAIN_TEXT_BODY", "XML_BODY", "MULTIPART_FORM_DATA"]) {
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: flag,
    flags: PacketronHandlerFlags[flag],
    handler: async (request, response) => {
      const files = Object.values(await request.getFiles());
      response.sendJson({ body: await request.getBody(), sizes: files.map(({ size }) => size) });
    },
  });
}

server.handle({
  routePath: "limited",
  maxRequestsPerSecond: 1,
  handler: (_request, response) => response.sendOk(),
});
server.handle({
  method: PacketronRequestMethod.PUT,
  routePath: "data",
  handler: (_request, response) => {
    server.setGlobalData("answer", 42);
    response.sendOk();
  },
});
server.handle({
  routePath: "data",
  handler: (_request, response) => response.sendJson({ answer: server.getGlobalData("answer") }),
});
server.handle({
  routePath: "firewall",
  handler: (_request, response) => response.sendJson(firewallErrorCodes),
});
server.serve({ directory: path.join(__dirname, "node_modules", "packetron"), pathPrefix: "files" });

server.start().then(() => {
  if (server.isPrimary) console.log(`http://127.0.0.1:${server.port}`);
});
