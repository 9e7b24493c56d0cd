/** A server that batches its answers, as under load, and exits in the handler that has just answered. */
import { writeBatch } from "../../../src/direct/write-batch.ts";
import { Packetron } from "../../../src/server/packetron.ts";

writeBatch.pays = () => true;
while (!writeBatch.join({ flush: () => {} })) await new Promise(setImmediate);

const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, dispatch: "direct" });
server.handle({
  routePath: "exit",
  handler(_request, response) {
    response.sendTextPlain(`finished: ${response.writableFinished}`);
    process.exit(0);
  },
});
await server.start();
process.stdout.write(`${JSON.stringify({ event: "started", port: server.port })}\n`);
