/** A chat on two workers: what one page sends reaches all pages, whichever worker has them. */
import { Packetron, type PacketronWebSocket } from "packetron";
import { page } from "./page.ts";

/** A line of the chat. Ids grow by one. */
interface Line {
  readonly id: number;
  readonly text: string;
}

const server = new Packetron({ port: Number(process.env["PORT"] ?? 3000), maxThreads: 2 });
let sockets = 0;

server.handle({ routePath: "/", handler: (_request, response) => response.sendHtml(page) });

server.webSocket({
  routePath: "chat",
  async open(socket) {
    socket.subscribe("lines");
    sockets += 1;
    await sayWhoIsHere();
    await sendMissed(socket);
  },
  async message(_socket, data) {
    const text = String(data).slice(0, 500);
    const lines = await server.shared.update<Line[]>("lines", (log = []) => [
      ...log.slice(-99),
      { id: (log.at(-1)?.id ?? 0) + 1, text },
    ]);
    server.publish("lines", JSON.stringify({ line: lines.at(-1) }));
  },
  async close() {
    sockets -= 1;
    await sayWhoIsHere();
  },
});

/** Sends the lines that a page has missed, such as while its worker was replaced. */
async function sendMissed(socket: PacketronWebSocket): Promise<void> {
  const after = Number(socket.request.query["after"] ?? 0);
  const log = (await server.shared.get<Line[]>("lines")) ?? [];
  socket.send(JSON.stringify({ worker: server.workerId }));
  for (const line of log) if (line.id > after) socket.send(JSON.stringify({ line }));
}

/** Each worker writes its own count, so that a worker that was killed leaves no wrong number behind. */
async function sayWhoIsHere(): Promise<void> {
  const counts = await server.shared.update<Record<string, number>>("here", (here = {}) => ({
    ...here,
    [server.workerId]: sockets,
  }));
  const here = Object.values(counts).reduce((sum, count) => sum + count, 0);
  server.publish("lines", JSON.stringify({ here }));
}

await server.start();
if (server.isPrimary) console.log(`Open http://127.0.0.1:${server.port} in two windows`);
