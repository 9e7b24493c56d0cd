/** Stores uploads in a given directory, with a given number of processes. Uploads are cut 100 ms after a stop. */
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "@packetron/core";
import { multipart } from "../../../src/index.ts";

const [, , fileStorageDirectory = "", threads] = process.argv;

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: Number(threads),
  drainTimeout: 100,
  idleGrace: 0,
  capabilities: [multipart({ fileStorageDirectory })],
});
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "/",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
  async handler(request, response) {
    response.sendJson(await request.getFiles());
  },
});
await server.start();
if (server.isPrimary) process.send?.(server.port);
