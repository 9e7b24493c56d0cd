/** The process that `burst.ts` runs: takes an order as its argument, and prints the result as JSON. */
import type { BurstOrder, BurstResult } from "./burst.ts";
import { Client, type ClientEvents, requestBytes } from "./client.ts";

/** The number of clients that connect in one turn of the event loop, so that the busy ones keep the server busy meanwhile. */
const BATCH = 16;

const order: BurstOrder = JSON.parse(process.argv[2] ?? "{}");
const requests = order.requests.map((request) => requestBytes(request, order.port));
const firsts: (number | null)[] = Array.from({ length: order.connections }, () => null);
let [answers, cut, end] = [0, 0, Number.POSITIVE_INFINITY];

const busyEvents: ClientEvents = {
  answered(client) {
    answers++;
    client.send();
    // A timer alone fires seconds late: libuv polls on, without timers, while a thousand connections are readable.
    if (performance.now() > end) finish();
  },
  cut: () => void cut++,
};

for (let count = 0; count < order.busy; count++) open(busyEvents);
setTimeout(begin, order.lead * 1000);

function begin(): void {
  answers = 0;
  end = performance.now() + order.duration * 1000;
  setTimeout(finish, order.duration * 1000);
  connectFrom(0);
}

function connectFrom(first: number): void {
  const last = Math.min(first + BATCH, order.connections);
  for (let index = first; index < last; index++) connectNewcomer(index);
  if (last < order.connections) setImmediate(connectFrom, last);
}

function connectNewcomer(index: number): void {
  const start = performance.now();
  open({
    answered(client) {
      firsts[index] ??= performance.now() - start;
      busyEvents.answered(client);
    },
    cut: busyEvents.cut,
  });
}

function open(events: ClientEvents): void {
  new Client(order.port, requests, order.status, events).send();
}

function finish(): void {
  process.stdout.write(JSON.stringify({ firsts, cut, answers } satisfies BurstResult));
  process.exit();
}
