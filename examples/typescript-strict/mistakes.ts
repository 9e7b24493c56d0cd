/** Mistakes that the compiler finds. `tsc` reports a line `@ts-expect-error` if what follows it does compile. */
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "packetron";
import { z } from "zod";

export function makeMistakes(server: Packetron): void {
  // @ts-expect-error: the option is maxThreads
  new Packetron({ maxThread: 2 });

  server.handle({
    routePath: "users/:id",
    // @ts-expect-error: the path has no ":name"
    handler: ({ params }, response) => response.sendJson(params.name),
  });

  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "users",
    schema: { body: z.object({ age: z.number() }) },
    // @ts-expect-error: the schema says number
    handler: ({ valid }, response) => response.sendTextPlain(valid.body.age),
  });

  server.handle({
    routePath: "query",
    // @ts-expect-error: a parameter may be absent
    handler: ({ query }, response) => response.sendTextPlain(query["page"]),
  });

  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "body",
    flags: PacketronHandlerFlags.JSON_BODY,
    // @ts-expect-error: a body is unknown until it is checked
    handler: async (request, response) => response.sendTextPlain((await request.getBody()).name),
  });

  server.handle({
    routePath: "me",
    // @ts-expect-error: there is a user only on routes with the plugin
    handler: ({ user }, response) => response.sendTextPlain(user.name),
  });
}
