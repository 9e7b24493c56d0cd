/**
 * A server of small answers, big answers, streams and the files in `DIRECTORY`. It prints its port, then a line for each
 * exchange that is aborted.
 */
import { Readable } from "node:stream";
import { type Capability, Packetron } from "@packetron/core";
import { staticFiles } from "../../../src/index.ts";

const BIG = Buffer.alloc(16 * 2 ** 20);

const meter: Capability = {
  name: "meter",
  install(host) {
    host.settled(({ aborted, route }) => {
      if (aborted) process.stdout.write(`${JSON.stringify({ aborted: route })}\n`);
    });
  },
};

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 1,
  sendTimeout: Number(process.env["SEND_TIMEOUT"]),
  headersTimeout: 1_000,
  capabilities: [staticFiles(), meter],
});
server.serve({ directory: process.env["DIRECTORY"] ?? "", pathPrefix: "files" });
server.handle({ routePath: "small", handler: (_request, response) => response.send("small") });
server.handle({ routePath: "buffer", handler: (_request, response) => response.send(BIG) });
server.handle({
  routePath: "stream",
  handler: (_request, response) => {
    const source = new Readable({ read: () => void source.push(BIG.subarray(0, 65_536)) });
    response.once("close", () => source.destroy());
    source.pipe(response);
  },
});
await server.start();
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);
