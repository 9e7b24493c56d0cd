/** A cluster of four workers with limits that they share. */
import { Packetron } from "@packetron/core";
import { rateLimit } from "../../../src/index.ts";

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 4,
  heartbeatInterval: 100,
  capabilities: [rateLimit()],
});
const sendWorker = (_request: unknown, response: { sendTextPlain(text: string): void }): void =>
  response.sendTextPlain(String(process.pid));
const key = (): string => "all";
server.handle({ routePath: "few", rateLimit: { limit: 10, window: 3_600_000, key }, handler: sendWorker });
server.handle({ routePath: "rate", rateLimit: { limit: 100, window: 1_000, key }, handler: sendWorker });
server.handle({ routePath: "worker", handler: sendWorker });
await server.start();
if (server.isPrimary) process.stdout.write(`listening on ${server.port}\n`);
