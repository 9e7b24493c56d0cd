/** A server for deployment: probes, a task that runs in one worker only, and a stop that loses no request. */
import { setInterval } from "node:timers/promises";
import { Packetron } from "packetron";

const server = new Packetron({
  port: Number(process.env.PORT ?? 3000),
  health: { liveness: "/livez", readiness: "/readyz" },
  // How long the load balancer may take to see that readiness answers 503; 0 without a load balancer.
  preDrainDelay: Number(process.env.PRE_DRAIN_DELAY ?? 0),
  // How long requests in flight may take after that. The supervisor must wait for both delays, and some seconds more.
  drainTimeout: 20_000,
});

server.handle({
  routePath: "/",
  handler: (_request, response) => response.sendJson({ worker: server.workerId, process: process.pid }),
});

// Runs in one worker at a time. Another one takes over when it exits.
server.onLeader(async (signal) => {
  for await (const _ of setInterval(60_000, undefined, { signal })) server.log.info({}, "once a minute");
});

await server.start();
if (server.isPrimary) console.log(`Try http://127.0.0.1:${server.port}/readyz`);
