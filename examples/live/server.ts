/** A poll on two workers: votes arrive over a WebSocket, and every page gets the counts as events. */
import { Packetron } from "packetron";
import { page } from "./page.ts";

/** The votes for each drink. */
type Counts = Readonly<Record<string, number>>;

const drinks = ["tea", "coffee"];
const server = new Packetron({ port: Number(process.env["PORT"] ?? 3000), maxThreads: 2 });

server.handle({ routePath: "/", handler: (_request, response) => response.sendHtml(page) });

server.webSocket({
  routePath: "votes",
  open(socket) {
    socket.subscribe("votes");
    socket.send(JSON.stringify({ worker: server.workerId }));
  },
  async message(_socket, data) {
    const drink = String(data);
    if (!drinks.includes(drink)) return;
    const counts = await server.shared.update<Counts>("counts", (now = {}) => ({
      ...now,
      [drink]: (now[drink] ?? 0) + 1,
    }));
    server.publish("votes", JSON.stringify({ drink, from: server.workerId }));
    server.broadcast("counts", counts);
  },
});

server.handle({
  routePath: "counts",
  handler: (_request, response) =>
    response.sendEvents(async (events) => {
      events.send({ event: "worker", data: server.workerId });
      // Subscribes first, so that no vote is missed while the counts are read.
      const stop = server.subscribe("counts", (data) => events.send({ data }));
      events.signal.addEventListener("abort", stop);
      events.send({ data: (await server.shared.get("counts")) ?? {} });
    }),
});

await server.start();
if (server.isPrimary) console.log(`Open http://127.0.0.1:${server.port} in two windows`);
