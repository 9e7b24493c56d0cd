/** A server to deploy: probes, a task that runs once, and an end that loses nothing. */
import { setInterval } from "node:timers/promises";
import { Packetron } from "packetron";

const server = new Packetron({
  port: Number(process.env.PORT ?? 3000),
  health: { liveness: "/livez", readiness: "/readyz" },
  // How long a load balancer may take to notice that readiness says 503; 0 where nobody asks.
  preDrainDelay: Number(process.env.PRE_DRAIN_DELAY ?? 0),
  // How long requests in flight may take then. Whoever stops this process has to wait for both, and a little longer.
  drainTimeout: 20_000,
});

server.handle({
  routePath: "/",
  handler: (_request, response) => response.sendJson({ worker: server.workerId, process: process.pid }),
});

// Not in every worker, and in another one when this one ends.
server.onLeader(async (signal) => {
  for await (const _ of setInterval(60_000, undefined, { signal })) server.log.info({}, "once a minute");
});

await server.start();
if (server.isPrimary) console.log(`Try http://127.0.0.1:${server.port}/readyz`);
