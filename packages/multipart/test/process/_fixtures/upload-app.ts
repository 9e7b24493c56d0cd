/** Stores uploads in the directory it is given; tells its port, and on request its memory. */
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "@packetron/core";
import { multipart, type UploadedFile } from "../../../src/index.ts";

const [, , fileStorageDirectory = ""] = process.argv;

const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, capabilities: [multipart()] });
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "/",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA | PacketronHandlerFlags.DELETE_FILES_AFTER_RESPONSE,
  multipartOptions: { maxFileSize: Number.POSITIVE_INFINITY, fileStorageDirectory },
  async handler(request, response) {
    const { file } = await request.getFiles<{ file: UploadedFile }>();
    response.sendTextPlain(String(file.size));
  },
});
await server.start();
process.on("message", () => process.send?.(process.memoryUsage.rss()));
process.send?.(server.port);
