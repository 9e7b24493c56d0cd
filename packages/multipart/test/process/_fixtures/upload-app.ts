/**
 * Stores uploads in a given directory. Sends its port at the start, and its memory after a message. With the second
 * argument `stuck`, the disk writes nothing until the message `go` arrives.
 */
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "@packetron/core";
import { nodeFileSystem } from "../../../src/files/file-system.ts";
import type { UploadedFile } from "../../../src/index.ts";
import { createMultipart } from "../../../src/multipart.ts";

/** The memory of the process, in bytes. */
export interface Memory {
  readonly rss: number;
  /** Bytes in buffers that are in use. */
  readonly buffers: number;
}

const [, , fileStorageDirectory = "", mode] = process.argv;

let open = (): void => {};
const opened = new Promise<void>((resolve) => {
  open = resolve;
});
if (mode !== "stuck") open();

const capability = createMultipart(
  { fileStorageDirectory, maxFileSize: Number.POSITIVE_INFINITY },
  {
    ...nodeFileSystem,
    append: (fd, chunks, done) => void opened.then(() => nodeFileSystem.append(fd, chunks, done)),
  },
);

const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, capabilities: [capability] });
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "/",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA | PacketronHandlerFlags.DELETE_FILES_AFTER_RESPONSE,
  async handler(request, response) {
    const { file } = await request.getFiles<{ file: UploadedFile }>();
    response.sendTextPlain(String(file.size));
  },
});
await server.start();
process.on("message", (message) => {
  if (message === "go") return open();
  globalThis.gc?.();
  const { rss, arrayBuffers } = process.memoryUsage();
  process.send?.({ rss, buffers: arrayBuffers } satisfies Memory);
});
process.send?.(server.port);
