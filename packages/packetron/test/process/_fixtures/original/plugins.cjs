const { Packetron, PacketronServerFlags, PacketronHandlerFlags } = require("packetron");
const { PacketronPlugin, PacketronPluginPriority } = require("packetron");

const authPlugin = PacketronPlugin.create({
  priority: PacketronPluginPriority.HIGH,
  handler: async (request, response) => {
    const token = await request.getCookie("session");
    if (!token) {
      response.sendStatusCode(401);
      return true; // short-circuit
    }
  },
});

/** Makes a plugin that records its run in a header. */
function mark(name, priority) {
  return PacketronPlugin.create({
    priority,
    handler: (_request, response) => {
      response.setHeader("X-Order", [response.getHeader("X-Order") ?? [], name].flat().join(" "));
    },
  });
}

const first = mark("first", PacketronPluginPriority.EXTEMELY_HIGH);
const last = mark("last", PacketronPluginPriority.EXTEMELY_LOW);
const moving = mark("moving", PacketronPluginPriority.MEDIUM);

const server = new Packetron({
  port: 0,
  maxThreads: 1,
  flags: PacketronServerFlags.START_IMMEDIATELY,
  plugins: [last, first],
});
// or:
server.insertGlobalPlugin(moving);

server.handle({
  routePath: "api/secret",
  plugins: [authPlugin, mark("behind")],
  handler: (_req, res) => res.sendJson({ ok: true }),
});

server.handle({
  routePath: "local",
  flags: PacketronHandlerFlags.LOCAL_PLUGINS_ONLY,
  plugins: [mark("own")],
  handler: (_req, res) => res.sendOk(),
});

// One plugin instance in several managers: the global one and that of a route.
const shared = server.handle({
  routePath: "shared",
  plugins: [last, moving],
  handler: (_req, res) => res.sendOk(),
});

const changes = {
  lowest: () => moving.setPriority(PacketronPluginPriority.EXTEMELY_LOW),
  "off-shared": () => moving.remove(shared.plugins),
  off: () => moving.remove(),
};
for (const [name, change] of Object.entries(changes)) {
  server.handle({
    routePath: `changes/${name}`,
    handler: (_req, res) => {
      change();
      res.sendOk();
    },
  });
}

require("./_listen.cjs")(server);
