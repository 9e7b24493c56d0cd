/** `node:cluster` with two workers of plain `node:http`. The variant selects the process that accepts connections. */
import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import { HELLO } from "./_data.js";
import { announce, application, variant, work } from "./_program.js";

const WORKERS = 2;

if (cluster.isPrimary) {
  if (variant === "shared-handle") cluster.schedulingPolicy = cluster.SCHED_NONE;
  let port = 0;
  for (let count = 0; count < WORKERS; count++) {
    // With port 0, all workers of node:cluster share one port. Workers that listen for themselves need its number.
    const worker = cluster.fork({ PORT: variant === "reuse-port" ? port : 0 });
    [port] = await once(worker, "message");
  }
  announce(port);
} else {
  const server = createServer((_request, response) => {
    if (application === "burst") work();
    const body = JSON.stringify(HELLO);
    response.setHeader("Content-Type", "application/json; charset=utf-8");
    response.setHeader("Content-Length", Buffer.byteLength(body));
    response.end(body);
  });
  server.listen(
    { port: Number(process.env.PORT), host: "127.0.0.1", reusePort: variant === "reuse-port" },
    () => {
      process.send(server.address().port);
    },
  );
}
