/** A program with a limit for all machines, whose workers count the messages of all workers. */
import { Packetron } from "@packetron/core";
import { rateLimit } from "../../../../ratelimit/src/index.ts";
import { redis } from "../../../src/index.ts";

const [socket = "", workers = "2"] = process.argv.slice(2);
const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: Number(workers),
  heartbeatInterval: 100,
  capabilities: [rateLimit(), redis({ socket })],
});

/** A lease that misses its deadline on a busy machine is refused in one, and counted in the program in the other. */
for (const [routePath, whenDown] of [
  ["limited", "closed"],
  ["local", "local"],
] as const)
  server.handle({
    routePath,
    rateLimit: { limit: 50, window: 1_000, scope: "everywhere", key: () => "all", whenDown },
    handler: (_request, response) => response.sendTextPlain(String(process.pid)),
  });

/** What this worker has heard of each worker. */
const heard = new Map<number, { next: number; twice: number; missing: number }>();
server.subscribe("count", (value) => {
  const { sender, number } = Object(value);
  const of = heard.get(sender) ?? { next: 0, twice: 0, missing: 0 };
  heard.set(sender, of);
  if (number < of.next) of.twice++;
  else {
    of.missing += number - of.next;
    of.next = number + 1;
  }
});
server.subscribe("report", () => {
  process.stdout.write(`${JSON.stringify({ worker: process.pid, heard: [...heard] })}\n`);
});
server.handle({
  routePath: "report",
  handler: (_request, response) => {
    server.broadcast("report", null);
    response.sendOk();
  },
});
let sent = 0;
server.handle({
  routePath: "publish/:count",
  handler: (request, response) => {
    for (let count = Number(request.params.count); count > 0; count--)
      server.broadcast("count", { sender: process.pid, number: sent++ });
    response.sendTextPlain(String(process.pid));
  },
});
await server.start();
if (server.isPrimary) process.stdout.write(`listening on ${server.port}\n`);
