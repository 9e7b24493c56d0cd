/** One of the programs. Each could run on a machine of its own: they share nothing but Redis. */
import { redis } from "@packetron/redis";
import { Packetron, PacketronRequestMethod } from "packetron";

const machine = process.env["MACHINE"] ?? "1";
const server = new Packetron({
  host: "127.0.0.1",
  port: Number(process.env["PORT"] ?? 3000),
  maxThreads: 2,
  capabilities: [redis({ socket: process.env["REDIS_SOCKET"], name: "many-machines" })],
});

server.handle({
  routePath: "visits",
  handler: async (_request, response) =>
    response.sendJson({ machine, visits: await server.shared.add("visits", 1) }),
});

server.handle({
  routePath: "limited",
  rateLimit: { limit: 5, window: 10_000, scope: "everywhere" },
  handler: (_request, response) => response.sendJson({ machine }),
});

/** The last texts, in each worker of each machine. */
const texts: string[] = [];
server.subscribe("texts", (text) => {
  texts.push(String(text));
  if (texts.length > 10) texts.shift();
});
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "say/:text",
  handler: (request, response) => {
    server.broadcast("texts", request.params.text);
    response.sendOk();
  },
});
server.handle({ routePath: "heard", handler: (_request, response) => response.sendJson({ machine, texts }) });

server.onLeader(async (signal, { token }) => {
  console.log(`machine ${machine} leads, with the token ${token}`);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
});

await server.start();
if (server.isPrimary) console.log(`machine ${machine}: http://127.0.0.1:${server.port}`);
