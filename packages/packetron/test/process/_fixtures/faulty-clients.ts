/** Routes that do with a request what programs do, under STOP_ON_ERROR; the log goes to stderr as JSON. */
import { randomBytes } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod, PacketronServerFlags } from "packetron";

const { JSON_BODY, PLAIN_TEXT_BODY, MULTIPART_FORM_DATA, DELETE_FILES_AFTER_RESPONSE } =
  PacketronHandlerFlags;
const { GET, POST } = PacketronRequestMethod;

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: Number(process.env["THREADS"]),
  flags: PacketronServerFlags.STOP_ON_ERROR,
  idleGrace: 0,
  lingerTimeout: 100,
});
server.on("error", (error) => process.stdout.write(`error ${error}\n`));

server.handle({
  method: GET,
  routePath: "pid",
  handler: (_request, response) => response.sendJson(process.pid),
});
for (const [routePath, flags] of [
  ["json", JSON_BODY],
  ["text", PLAIN_TEXT_BODY],
  ["form", MULTIPART_FORM_DATA | DELETE_FILES_AFTER_RESPONSE],
] as const) {
  server.handle({
    method: POST,
    routePath,
    flags,
    maxRequestSizeInBytes: 20_000,
    handler: async (request, response) => response.sendJson(await request.getBody()),
  });
}
server.handle({
  method: POST,
  routePath: "iterate",
  handler: async (request, response) => {
    let size = 0;
    for await (const chunk of request) size += chunk.length;
    response.sendJson(size);
  },
});
server.handle({
  method: POST,
  routePath: "pipe",
  maxRequestSizeInBytes: 20_000,
  handler: async (request, response) => {
    await pipeline(request, new Writable({ write: (_chunk, _encoding, done) => done() }));
    response.sendOk();
  },
});
server.handle({
  routePath: "stream",
  handler: async (_request, response) => {
    const bytes = randomBytes(50_000);
    let left = 40;
    await pipeline(
      new Readable({
        read() {
          this.push(left-- > 0 ? bytes : null);
        },
      }),
      response,
    );
  },
});
server.handle({
  routePath: "wait",
  handler: async (request, response) => {
    await wait(100, undefined, { signal: request.signal });
    response.sendOk();
  },
});
server.handle({
  routePath: "file",
  handler: (_request, response) => response.sendFile(fileURLToPath(import.meta.url)),
});

await server.start();
if (server.isPrimary) process.stdout.write(`port ${server.port}\n`);
