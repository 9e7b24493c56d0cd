/** A server with a third-party body parser, which claims its own flag and reads MessagePack. */
import { encode } from "@msgpack/msgpack";
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "@packetron/core";
import { MSGPACK_BODY, msgpack } from "./msgpack.ts";

const server = new Packetron({
  port: Number(process.env.PORT ?? 3000),
  maxThreads: 1,
  capabilities: [msgpack()],
});

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "echo",
  flags: MSGPACK_BODY | PacketronHandlerFlags.REJECT_INVALID_BODY,
  handler: async (request, response) => {
    const received = await request.getBody();
    response.setHeader("Content-Type", "application/msgpack");
    response.send(Buffer.from(encode({ received })));
  },
});

await server.start();
console.log(`Try http://127.0.0.1:${server.port}/echo`);
