/** A cluster that serves the directory in the variable `DIRECTORY`. It prints the port, or the error of its start. */
import { join } from "node:path";
import { isPacketronError, Packetron } from "@packetron/core";
import { staticFiles } from "../../../src/index.ts";

const directory = process.env["DIRECTORY"] ?? "";
const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 2, capabilities: [staticFiles()] });

server.serve({ directory, pathPrefix: "static" });
if (process.env["FALLBACK"] !== undefined)
  server.serve({
    directory,
    index: ["index.html"],
    fallback: process.env["FALLBACK"],
    setHeaders: (response) => response.setHeader("Worker", String(server.workerId)),
  });
server.handle({
  routePath: "sent",
  handler: (_request, response) => {
    response.setHeader("Worker", String(server.workerId));
    return response.sendFile(join(directory, "a.txt"));
  },
});

try {
  await server.start();
  if (server.isPrimary) print({ port: server.port });
} catch (error) {
  print({ code: isPacketronError(error) ? error.code : "", message: String(error) });
}

function print(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
