/** Uploads: files stream to the disk while they arrive, and every open page gets an event for each. */
import { type Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "packetron";
import type { addEvents } from "./events.ts";

const MAX_FILE_SIZE = 10 * 1024 * 1024;
const { MULTIPART_FORM_DATA, REJECT_INVALID_BODY, REJECT_ON_LIMIT } = PacketronHandlerFlags;

interface UploadOptions {
  directory: string;
  announce: ReturnType<typeof addEvents>;
}

interface StoredFile {
  filename: string;
  size: number;
}

/** Adds the route /uploads, which stores the files of a form in a directory. */
export function addUploads(server: Packetron, options: UploadOptions): void {
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "uploads",
    flags: MULTIPART_FORM_DATA | REJECT_INVALID_BODY | REJECT_ON_LIMIT,
    multipartOptions: { maxFileSize: MAX_FILE_SIZE, maxFiles: 5, fileStorageDirectory: options.directory },
    handler: async (request, response) => {
      await request.getBody();
      const files = Object.values(await request.getFiles<Record<string, StoredFile | StoredFile[]>>()).flat();
      const stored = files.map(({ filename, size }) => ({ filename, size }));
      for (const file of stored) options.announce({ type: "upload", ...file });
      return response.sendJson({ stored }, 201);
    },
  });
}
