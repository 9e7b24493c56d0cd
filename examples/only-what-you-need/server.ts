/** Core with one capability. No other package is installed, and a route pays only for the features in its flags. */

import { bodyJson } from "@packetron/body-json";
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "@packetron/core";

const server = new Packetron({
  port: Number(process.env.PORT ?? 3000),
  maxThreads: 1,
  capabilities: [bodyJson()],
});

server.handle({
  method: PacketronRequestMethod.PUT,
  routePath: "notes/:id",
  flags: PacketronHandlerFlags.JSON_BODY | PacketronHandlerFlags.REJECT_INVALID_BODY,
  maxRequestSizeInBytes: 64 * 1024,
  handler: async (request, response) => {
    const note = await request.getBody();
    response.sendJson({ id: request.params.id, note });
  },
});

await server.start();
console.log(`Try http://127.0.0.1:${server.port}/notes/1`);
