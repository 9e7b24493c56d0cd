const {
  Packetron,
  PacketronServerFlags,
  PacketronRequestMethod,
  PacketronHandlerFlags,
  PacketronPlugin,
  PacketronRoute,
} = require("packetron");

const server = new Packetron({ port: 0, maxThreads: 1, flags: PacketronServerFlags.START_IMMEDIATELY });

const stamp = PacketronPlugin.create({
  handler: (_request, response) => {
    response.setHeader("X-Stamp", "local");
  },
});

// Every option of handle() at once.
const route = server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "everything",
  handler: async (request, response) => response.sendJson({ fields: await request.getBody() }),
  plugins: [stamp],
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
  multipartOptions: { maxFields: 50 },
  maxRequestsPerSecond: 2,
  maxRequestSizeInBytes: 1000,
});

// Limits switched off with null, which is the default of both.
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "unlimited",
  flags: PacketronHandlerFlags.PLAIN_TEXT_BODY,
  handler: async (request, response) => response.sendJson({ length: (await request.getBody()).length }),
  maxRequestsPerSecond: null,
  maxRequestSizeInBytes: null,
});

for (const name of ["GET", "POST", "PUT", "DELETE", "HEAD"]) {
  server.handle({
    method: PacketronRequestMethod[name],
    routePath: "/methods",
    handler: (_request, response) => {
      response.setHeader("X-Method", name);
      response.sendOk();
    },
  });
}

server.handle({
  routePath: "remove",
  handler: (_request, response) => {
    route.remove();
    response.sendJson({ isRoute: route instanceof PacketronRoute });
  },
});

require("./_listen.cjs")(server);
