/** The target figures of Packetron. The report shows for each whether Packetron reaches it. */

/** A target for a ratio: the median of the subject's figures divided by the peer's, round by round. */
export interface RatioBar {
  readonly scenario: string;
  readonly against: string;
  /** A metric of the scenario. */
  readonly metric: string;
  readonly atMost: number;
}

/** A target in a micro-benchmark: how much longer a row takes than the first row of its table. */
export interface MicroBar {
  readonly micro: string;
  readonly row: string;
  /** The greatest difference, in nanoseconds. */
  readonly atMost: number;
}

const cpu = (scenario: string, against: string, atMost: number): RatioBar => ({
  scenario,
  against,
  metric: "cpu",
  atMost,
});

/** A bar at 70 % of each server's capacity. */
const paced = (
  scenario: string,
  against: string,
  metric: "pacedCpu" | "pacedP99",
  atMost: number,
): RatioBar => ({ scenario, against, metric, atMost });

export const ratioBars: readonly RatioBar[] = [
  cpu("get-json", "node-http", 0.65),
  cpu("get-json", "fastify", 0.62),
  cpu("get-json", "bun", 1.25),
  cpu("post-150", "node-http", 0.6),
  cpu("post-150", "fastify", 0.5),
  cpu("post-150", "bun", 1.3),
  cpu("pipelines", "node-http", 0.28),
  cpu("pipelines", "bun", 0.55),
  cpu("browser", "fastify", 0.65),
  cpu("compress", "fastify", 0.5),
  cpu("static-1k", "sirv", 0.12),
  cpu("static-1k", "nginx", 1.5),
  cpu("static-100k", "sirv", 0.3),
  cpu("static-100k", "nginx", 1.5),
  cpu("async", "node-http", 0.75),
  { scenario: "async", against: "node-http", metric: "p99", atMost: 1 },
  paced("get-json", "node-http", "pacedCpu", 0.75),
  paced("get-json", "node-http", "pacedP99", 1),
  paced("json-1k", "node-http", "pacedCpu", 0.75),
  paced("json-1k", "node-http", "pacedP99", 1),
  // Capabilities must add nothing to a route that uses none, within the difference between two runs.
  cpu("get-json", "packetron-core", 1.03),
  { scenario: "memory", against: "fastify", metric: "started", atMost: 0.9 },
];

export const microBars: readonly MicroBar[] = [
  { micro: "ratelimit", row: "limit, performance of node:perf_hooks", atMost: 50 },
  { micro: "plugins", row: "1 plugin: a gate for each", atMost: 50 },
];
