/** A program whose leader says when it begins and ends, and writes its token over and over until it is killed. */
import { Packetron } from "@packetron/core";
import { redis } from "../../../src/index.ts";

const capabilities = [redis({ socket: process.argv[2], name: "leading" })];
const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, capabilities });
server.onLeader(async (signal, { token }) => {
  process.stdout.write(`leads ${token}\n`);
  // It ignores its signal: a write that was under way when the process was paused.
  const writing = setInterval(() => process.stdout.write(`writes ${token}\n`), 100);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  process.stdout.write(`ends ${token}\n`);
  setTimeout(() => clearInterval(writing), 1_000);
});
await server.start();
