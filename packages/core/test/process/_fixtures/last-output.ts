/** A program whose workers exit in the way that the path of a request selects, after some output. */
import { Packetron } from "../../../src/server/packetron.ts";

const MIB = 1024 * 1024;

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 2,
  restartBackoff: 0,
  minReadyTime: 50,
  drainTimeout: 5_000,
});

server.handle({
  routePath: "exit",
  handler() {
    process.stderr.write(`printed by ${server.workerId}\n`);
    process.exit(3);
  },
});
server.handle({
  routePath: "throw",
  handler(_request, response) {
    setImmediate(function boom() {
      throw new Error(`thrown by ${server.workerId}`);
    });
    response.sendOk();
  },
});
server.handle({
  routePath: "flood",
  handler(_request, response) {
    // More than a pipe holds, so that most of it is still buffered when the error is thrown.
    process.stderr.write(`${"x".repeat(1023)}\n`.repeat(1024));
    process.stderr.write(`flooded by ${server.workerId}\n`);
    setImmediate(() => {
      throw new Error(`thrown by ${server.workerId}`);
    });
    response.sendOk();
  },
});
server.handle({
  routePath: "log",
  handler() {
    for (let index = 0; index < 1024; index++) server.log.info({ text: "x".repeat(900) }, "flood");
    server.log.error({}, "last line");
    process.exit(3);
  },
});
server.handle({
  routePath: "memory",
  handler() {
    const kept: string[][] = [];
    for (;;) kept.push(Array.from({ length: MIB / 8 }, (_, index) => `${index}`));
  },
});

server.on("draining", () => void process.stdout.write(`${JSON.stringify({ event: "draining" })}\n`));
if (server.isPrimary) process.on("SIGUSR2", () => void server.reload());
await server.start();
if (server.isPrimary) process.stdout.write(`${JSON.stringify({ event: "started", port: server.port })}\n`);
