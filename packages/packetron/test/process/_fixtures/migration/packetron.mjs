/** The server of Packetron for the silent differences of all frameworks. */
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "packetron";
import { z } from "zod";

const { JSON_BODY, SEND_RETURN_VALUE } = PacketronHandlerFlags;
const server = new Packetron({ port: 0, host: "127.0.0.1", maxThreads: 1 });

server.handle({
  routePath: "users/:id",
  handler: (request, response) => response.sendJson({ id: request.params.id }),
});
server.handle({ routePath: "users/me", handler: (_request, response) => response.sendJson("me") });
server.handle({ routePath: "status", handler: (_request, response) => response.sendJson({ status: "ok" }) });
server.handle({ routePath: "query", handler: (request, response) => response.sendJson(request.query) });
server.handle({ routePath: "ip", handler: (request, response) => response.sendJson(request.ip) });
server.handle({ routePath: "number", handler: (_request, response) => response.send(7) });
server.handle({ routePath: "return", handler: () => ({ returned: true }), flags: SEND_RETURN_VALUE });
server.handle({
  routePath: "schema",
  schema: { response: z.object({ named: z.number() }) },
  handler: (_request, response) => response.sendJson({ named: 1, other: 2 }),
});
server.handle({
  routePath: "broken",
  handler: async () => {
    throw new Error("a secret");
  },
});
server.handle({
  routePath: "not-found-error",
  handler: async () => {
    throw Object.assign(new Error("a secret"), { statusCode: 404, status: 404 });
  },
});
server.handle({
  routePath: "ignored",
  handler: (_request, response) => {
    setImmediate(() => response.sendJson("answered later"));
    return { returned: true };
  },
});
server.handle({
  routePath: "twice",
  handler: (_request, response) => {
    response.sendJson("first");
    response.sendJson("second");
  },
});
for (const [routePath, flags] of [
  ["echo", JSON_BODY],
  ["no-parser", 0],
]) {
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath,
    flags,
    handler: async (request, response) => response.sendJson({ body: await request.getBody() }),
  });
}
server.serve({ directory: "folder", pathPrefix: "folder" });

server.handle({ routePath: "duplicate", handler: (_request, response) => response.sendJson("first") });
server.handle({ routePath: "duplicate", handler: (_request, response) => response.sendJson("last") });
server.handle({ routePath: "old", handler: (_request, response) => response.redirect("/new") });

await server.start();
export const port = server.port;
