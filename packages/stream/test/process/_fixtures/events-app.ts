/**
 * A cluster whose clients get numbered events. Prints as JSON: the port; each stream that has ended, with the number of the
 * last event; each worker that has drained, with its load and its timers; the result of a reload, which a message asks for.
 */
import { Packetron } from "@packetron/core";
import { type EventSender, stream } from "@packetron/stream";

const print = (line: object) =>
  void process.stdout.write(`${JSON.stringify({ pid: process.pid, ...line })}\n`);

/** The timers of the package, and how many there were at most: none may be left when the streams have ended. */
const timers = new Set<NodeJS.Timeout>();
let most = 0;
const { setInterval: begin, clearInterval: end } = globalThis;
Object.assign(globalThis, {
  setInterval(call: () => void, delay: number) {
    const timer = begin(call, delay);
    if (/@packetron.stream/.test(new Error("stack").stack ?? "")) timers.add(timer);
    most = Math.max(most, timers.size);
    return timer;
  },
  clearInterval(timer: NodeJS.Timeout) {
    timers.delete(timer);
    end(timer);
  },
});

const logger = { debug() {}, info() {}, warn: print, error: print };
const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 2, logger, capabilities: [stream()] });

/** What each open stream has sent. */
const sent = new Map<EventSender, number>();
const ticker = setInterval(() => {
  for (const [events, id] of sent)
    if (events.send({ id: id + 1, data: process.pid })) sent.set(events, id + 1);
}, Number(process.env["INTERVAL"]));

server.handle({
  routePath: "events",
  handler: (request, response) =>
    response.sendEvents(
      (events) => {
        const id = Number(request.lastEventId ?? 0);
        sent.set(events, id);
        return () => {
          print({ event: "ended", client: request.query["client"], id: sent.get(events) });
          sent.delete(events);
        };
      },
      { heartbeat: 1_000, retry: 20 },
    ),
});
server.onStop(() => {
  clearInterval(ticker);
  print({ event: "drained", load: server.load, streams: sent.size, timers: { left: timers.size, most } });
});

await server.start();
if (server.isPrimary) {
  clearInterval(ticker);
  print({ event: "started", port: server.port });
  process.on("message", () => void server.reload().then((result) => print({ event: "reloaded", ...result })));
}
