/** The process that `autocannon.ts` runs: takes an order as its argument, and prints the result as JSON. */
import autocannon, { type Request } from "autocannon";
import type { LoadOrder, LoadResult } from "./load.ts";

const order: LoadOrder = JSON.parse(process.argv[2] ?? "{}");
const result = await autocannon({
  url: `http://127.0.0.1:${order.port}`,
  connections: order.connections,
  pipelining: order.pipelining,
  duration: order.duration,
  timeout: 10,
  requests: order.requests.map(toRequest),
});

const byClass: Readonly<Record<string, number>> = {
  2: result["2xx"],
  3: result["3xx"],
  4: result["4xx"],
  5: result["5xx"],
};
const answers = Object.values(byClass).reduce((sum, count) => sum + count, 0);
if (result.errors > 0 || answers === 0 || byClass[String(order.status).charAt(0)] !== answers)
  throw new Error(
    `autocannon met errors: ${result.errors} broken, answers by class ${JSON.stringify(byClass)}`,
  );
const { p50, p99 } = result.latency;
process.stdout.write(JSON.stringify({ answers, seconds: result.duration, p50, p99 } satisfies LoadResult));

function toRequest({ method, path, headers, body }: LoadOrder["requests"][number]): Request {
  const request: Request = { method, path };
  if (headers !== undefined) request.headers = headers;
  if (body !== undefined) request.body = body;
  return request;
}
