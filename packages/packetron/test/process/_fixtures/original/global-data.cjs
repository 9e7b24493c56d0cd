const { Packetron, PacketronServerFlags } = require("packetron");

const server = new Packetron({
  port: 0,
  maxThreads: 2,
  flags: PacketronServerFlags.START_IMMEDIATELY | Number(process.env.FLAGS ?? 0),
});

server.handle({
  routePath: "set",
  handler: (_request, response) => {
    server.setGlobalData("counter", 42);
    response.sendJson({ worker: server.workerId });
  },
});

server.handle({
  routePath: "get",
  handler: (_request, response) => {
    const value = server.getGlobalData("counter");
    response.sendJson({ worker: server.workerId, value: value ?? null });
  },
});

require("./_listen.cjs")(server);
