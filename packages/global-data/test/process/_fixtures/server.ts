/** A server with a given number of processes, which answers with the value of `key` and the process id. */
import { Packetron } from "@packetron/core";
import { globalData } from "../../../src/index.ts";

const [, , threads] = process.argv;

const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: Number(threads),
  idleGrace: 0,
  capabilities: [globalData()],
});
server.handle({
  routePath: "/",
  handler: (_request, response) =>
    response.sendJson({ pid: process.pid, value: server.getGlobalData("key") ?? null }),
});
await server.start();
if (server.isPrimary) process.send?.(server.port);
