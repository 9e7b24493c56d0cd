/** A shop with metrics: those that Packetron has, and two of its own. */
import { setTimeout as pause } from "node:timers/promises";
import { Packetron, PacketronRequestMethod } from "packetron";

const server = new Packetron({
  port: Number(process.env["PORT"] ?? 3000),
  maxThreads: 2,
  overload: { maxEventLoopDelay: 500 },
  metrics: { defaultLabels: { app: "shop" } },
});

const orders = server.metrics.counter({ name: "shop_orders_total", help: "Orders.", labels: ["kind"] });
const prices = server.metrics.histogram({
  name: "shop_price_euros",
  help: "Prices of orders.",
  buckets: [10, 100, 1_000],
});

server.handle({
  routePath: "items/:id",
  maxRequestsPerSecond: 500,
  handler: async (request, response) => {
    await pause(5); // the database
    response.sendJson({ id: request.params.id });
  },
});

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "orders/:kind",
  handler: (request, response) => {
    if (request.params.kind === "broken") throw new Error("the printer is out of paper");
    orders.inc({ kind: request.params.kind });
    prices.observe(42);
    response.sendJson({ ordered: request.params.kind }, 201);
  },
});

await server.start();
if (server.isPrimary) console.log(`Try http://127.0.0.1:${server.port}/metrics`);
