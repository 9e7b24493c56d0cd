/** The quick start: a cluster of four workers with two routes, a third that shows which worker answered, and a page. */
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod, PacketronServerFlags } from "packetron";
import { page } from "./page.ts";

const server = new Packetron({
  port: Number(process.env.PORT ?? 3000),
  maxThreads: 4,
  flags: PacketronServerFlags.START_IMMEDIATELY,
});

server.handle({
  method: PacketronRequestMethod.GET,
  routePath: "api/status",
  handler: (_request, response) => response.sendJson({ status: "ok" }),
});

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "api/echo",
  flags: PacketronHandlerFlags.JSON_BODY,
  handler: async (request, response) => {
    const body = await request.getBody();
    response.sendJson({ received: body });
  },
});

server.handle({
  method: PacketronRequestMethod.GET,
  routePath: "api/worker",
  handler: (_request, response) => response.sendJson({ worker: server.workerId, process: process.pid }),
});

server.handle({ routePath: "/", handler: (_request, response) => response.sendHtml(page(server.routes())) });

await server.start();
if (server.isPrimary) console.log(`Try http://127.0.0.1:${server.port}`);
