/** A program of one process that stops by itself. */
import { Packetron } from "@packetron/core";
import { redis } from "../../../src/index.ts";

const capabilities = [redis({ socket: process.argv[2], name: "stopping" })];
const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, capabilities });
await server.start();
process.stdout.write(`${await server.shared.add("n", 1)}\n`);
server.broadcast("news", 1);
await server.stop();
process.stdout.write("stopped\n");
