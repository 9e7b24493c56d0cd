/** The process that `burst.ts` runs: takes an order as its argument, and prints the result as JSON. */
import { readRunDelay } from "../measure/run-delay.ts";
import type { BurstOrder, BurstResult } from "./burst.ts";
import { Client, type ClientEvents, requestBytes } from "./client.ts";

/**
 * The number of clients that connect in one turn of the event loop. If more do, the busy clients leave the server idle
 * meanwhile, and an idle server accepts them all.
 */
const BATCH = 8;

const order: BurstOrder = JSON.parse(process.argv[2] ?? "{}");
const requests = order.requests.map((request) => requestBytes(request, order.port));
const firsts: (number | null)[] = Array.from({ length: order.connections }, () => null);
let [answers, cut, end] = [0, 0, Number.POSITIVE_INFINITY];
let delayBefore: number | null = null;

const busyEvents: ClientEvents = {
  answered(client) {
    answers++;
    client.send();
    // A timer alone fires seconds late: libuv polls on, without timers, while a thousand connections are readable.
    if (performance.now() > end) finish();
  },
  cut: () => void cut++,
};

for (let count = 0; count < order.busy; count++) start(makeClient(busyEvents));
const newcomers = Array.from(firsts, (_, index) => makeNewcomer(index));
setTimeout(begin, order.lead * 1000);

function begin(): void {
  answers = 0;
  delayBefore = readRunDelay();
  end = performance.now() + order.duration * 1000;
  setTimeout(finish, order.duration * 1000);
  startFrom(0);
}

function startFrom(first: number): void {
  const last = Math.min(first + BATCH, order.connections);
  for (const newcomer of newcomers.slice(first, last)) newcomer();
  if (last < order.connections) setImmediate(startFrom, last);
}

/** Makes a new client, and returns the function that starts it. */
function makeNewcomer(index: number): () => void {
  let begun = 0;
  const client = makeClient({
    answered() {
      firsts[index] ??= performance.now() - begun;
      busyEvents.answered(client);
    },
    cut: busyEvents.cut,
  });
  return () => {
    begun = performance.now();
    start(client);
  };
}

function makeClient(events: ClientEvents): Client {
  return new Client({ port: order.port, requests, status: order.status }, events);
}

function start(client: Client): void {
  client.connect();
  client.send();
}

function finish(): void {
  const delayAfter = readRunDelay();
  const delay = delayBefore === null || delayAfter === null ? null : delayAfter - delayBefore;
  process.stdout.write(JSON.stringify({ firsts, cut, answers, delay } satisfies BurstResult));
  process.exit();
}
