const path = require("node:path");
const {
  Packetron,
  PacketronServerFlags,
  PacketronFileRouterFlags,
  PacketronConstants,
  PacketronPlugin,
} = require("packetron");

const server = new Packetron({ port: 0, maxThreads: 1, flags: PacketronServerFlags.START_IMMEDIATELY });

server.insertGlobalPlugin(
  PacketronPlugin.create({
    handler: (_request, response) => {
      response.setHeader("X-Global", "yes");
    },
  }),
);

server.serve({
  directory: path.join(__dirname, "public"),
  pathPrefix: "static",
  flags: PacketronFileRouterFlags.NON_RECURSIVE,
  plugins: [],
  maxRequestsPerSecond: 1000,
  maxRequestSizeInBytes: null,
});

server.serveFile({
  routePath: "robots.txt",
  filePath: "./robots.txt",
});

server.serveFile({
  routePath: "marked.txt",
  filePath: "./robots.txt",
  flags: PacketronFileRouterFlags.USER_SPECIFIED_FILE,
});

server.serve({ directory: "./public", pathPrefix: "tree" });
server.serve({
  directory: "./public",
  pathPrefix: "flat",
  flags: PacketronFileRouterFlags.NO_DIRECTORY_STRUCTURE,
});
server.serve({
  directory: "./public",
  pathPrefix: "local",
  flags: PacketronFileRouterFlags.NON_RECURSIVE | PacketronFileRouterFlags.LOCAL_PLUGINS_ONLY,
});
server.serve({ directory: "./public", pathPrefix: "slow", maxRequestsPerSecond: 1 });

server.handle({
  routePath: "types",
  handler: (_request, response) => response.sendJson({ html: PacketronConstants._mimeTypes[".html"] }),
});

server.handle({
  routePath: "unserve",
  handler: (_request, response) => {
    server.unserve({ directory: "./public", pathPrefix: "static" });
    response.sendOk();
  },
});

require("./_listen.cjs")(server);
