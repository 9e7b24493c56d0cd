/** The process that `held.ts` runs: opens connections, then takes loads as messages and answers with their figures. */
import { percentileOf } from "../measure/statistics.ts";
import { Client, type ClientEvents, requestBytes } from "./client.ts";
import type { HeldLoad, HeldOrder, HeldResult } from "./held.ts";
import { BATCH } from "./open-batches.ts";
import { OpenLoop } from "./open-loop.ts";

/** How long an open loop waits for its last answers, in milliseconds. */
const GRACE = 2_000;

const order: HeldOrder = JSON.parse(process.argv[2] ?? "{}");
const requests = order.requests.map((request) => requestBytes(request, order.port));
const clients: Client[] = [];
let answered: (connection: number) => void = () => {};

process.once("disconnect", () => process.exit());
while (clients.length < order.connections)
  await openBatch(Math.min(BATCH, order.connections - clients.length));
process.on("message", (load: HeldLoad) => {
  const { duration, rate } = load;
  const result = rate === null ? runClosed(duration) : runOpen(duration, rate);
  void result.then((figures) => process.send?.(figures));
});
process.send?.({});

/** Opens connections, and waits for an answer on each. */
async function openBatch(size: number): Promise<void> {
  let missing = size;
  const complete = new Promise<void>((resolve) => {
    answered = () => --missing === 0 && resolve();
  });
  for (let count = 0; count < size; count++) openClient(clients.length);
  await complete;
}

function openClient(connection: number): void {
  const events: ClientEvents = {
    answered: () => answered(connection),
    cut: () => {
      throw new Error("the server has closed a connection");
    },
  };
  const client = new Client({ ...order, requests }, events);
  clients.push(client);
  client.connect();
  client.send();
}

/** Sends a request on each connection after each answer, until the time is over and the last answers are there. */
function runClosed(seconds: number): Promise<HeldResult> {
  const latencies: number[] = [];
  const sent = new Float64Array(clients.length);
  const start = performance.now();
  let inFlight = clients.length;
  const send = (connection: number, now: number): void => {
    sent[connection] = now;
    clients[connection]?.send();
  };
  return new Promise((resolve) => {
    answered = (connection) => {
      const now = performance.now();
      latencies.push(now - (sent[connection] ?? 0));
      if (now - start < seconds * 1000) send(connection, now);
      else if (--inFlight === 0) resolve(summarise(latencies, [], (now - start) / 1000));
    };
    for (const connection of clients.keys()) send(connection, start);
  });
}

/** Sends requests at a constant rate. The process never sleeps: a timer of Node is up to a millisecond late. */
function runOpen(seconds: number, rate: number): Promise<HeldResult> {
  const loop = new OpenLoop(rate, seconds, clients.length, (connection) => clients[connection]?.send());
  const start = performance.now();
  answered = (connection) => loop.answered(connection, performance.now() - start);
  return new Promise((resolve) => {
    const turn = (): void => {
      const now = performance.now() - start;
      loop.advance(now);
      if (!loop.isComplete && now < seconds * 1000 + GRACE) return void setImmediate(turn);
      const { latencies, delays } = loop.timesAt(now);
      resolve(summarise(latencies, delays, now / 1000));
    };
    turn();
  });
}

function summarise(latencies: ArrayLike<number>, delays: ArrayLike<number>, seconds: number): HeldResult {
  const [p50 = 0, p99 = 0, p999 = 0] = [50, 99, 99.9].map((percent) => percentileOf(latencies, percent));
  return { answers: latencies.length, seconds, p50, p99, p999, delay: percentileOf(delays, 99) };
}
