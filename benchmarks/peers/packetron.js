/** Packetron as it is published: the harness gives the built packages, laid out as npm would. */
import { HELLO } from "./_data.js";
import { announce, build, variant } from "./_program.js";

const { Packetron, PacketronHandlerFlags, PacketronRequestMethod } = await import(
  process.env.BENCHMARK_PACKETRON
);

const dispatch = variant === "standard" ? "standard" : "direct";
const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, dispatch });

build({
  json: () => server.handle({ routePath: "json", handler: (_request, response) => response.sendJson(HELLO) }),
  echo: () =>
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "echo",
      flags: PacketronHandlerFlags.JSON_BODY,
      handler: async (request, response) => response.sendJson(await request.getBody()),
    }),
});

await server.start();
announce(server.port);
