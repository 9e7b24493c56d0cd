/** A page that uploads files. They go to disk while they arrive. */
import {
  Packetron,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  refuse,
  type UploadedFile,
} from "packetron";
import { page } from "./page.ts";

const maxFileSize = Number(process.env["MAX_FILE_SIZE"] ?? 1024 ** 3);
const server = new Packetron({ port: Number(process.env["PORT"] ?? 3000), maxThreads: 1 });

server.handle({ routePath: "/", handler: (_request, response) => response.sendHtml(page(maxFileSize)) });

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "files",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA | PacketronHandlerFlags.REJECT_ON_LIMIT,
  multipartOptions: { maxFiles: 1, maxFileSize, fileStorageDirectory: process.env["FOLDER"] ?? "files" },
  handler: async (request, response) => {
    const { file } = await request.getFiles<{ file?: UploadedFile }>();
    if (file === undefined) return refuse(response, 400);
    server.log.info({ name: file.filename, path: file.path }, "stored");
    response.sendJson({ name: file.filename, size: file.size });
  },
});

await server.start();
console.log(`Open http://127.0.0.1:${server.port}`);
