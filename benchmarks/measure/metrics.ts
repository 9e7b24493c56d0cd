/** The metrics: names, titles, units and digits. */

/** A metric: one figure of a round. */
export interface Metric {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** The number of decimal digits in tables. */
  readonly digits: number;
}

/** The figures of one contestant in one round, by the name of the metric; `null` where the machine has no figure. */
export type Round = Readonly<Record<string, number | null>>;

/** The metrics of load on open connections. */
const HELD: readonly [Metric, ...Metric[]] = [
  { name: "cpu", title: "CPU per request", unit: "µs", digits: 1 },
  { name: "throughput", title: "requests per second", unit: "1/s", digits: 0 },
  { name: "p50", title: "p50", unit: "ms", digits: 2 },
  { name: "p99", title: "p99", unit: "ms", digits: 2 },
  { name: "p999", title: "p99.9", unit: "ms", digits: 2 },
];

/** The metrics of each kind of scenario. Contestants are compared by the first one. */
export const metricsOf: Readonly<Record<string, readonly [Metric, ...Metric[]]>> = {
  load: [
    { name: "cpu", title: "CPU per request", unit: "µs", digits: 1 },
    { name: "throughput", title: "requests per second", unit: "1/s", digits: 0 },
    { name: "p50", title: "p50", unit: "ms", digits: 2 },
    { name: "p99", title: "p99", unit: "ms", digits: 2 },
  ],
  burst: [
    { name: "late", title: "late", unit: "clients", digits: 0 },
    { name: "never", title: "of them never", unit: "clients", digits: 0 },
    { name: "p50", title: "p50 of the first answer", unit: "ms", digits: 0 },
    { name: "p99", title: "p99 of the first answer", unit: "ms", digits: 0 },
    { name: "overflows", title: "listen overflows", unit: "packets", digits: 0 },
    { name: "drops", title: "listen drops", unit: "packets", digits: 0 },
    { name: "cut", title: "connections cut", unit: "clients", digits: 0 },
    { name: "throughput", title: "requests per second", unit: "1/s", digits: 0 },
    { name: "delay", title: "the load's wait for its core", unit: "ms", digits: 0 },
  ],
  held: HELD,
  paced: [...HELD, { name: "delay", title: "p99 of the load's own delay", unit: "ms", digits: 2 }],
  upload: [
    { name: "cpu", title: "CPU per upload", unit: "ms", digits: 0 },
    { name: "time", title: "time", unit: "ms", digits: 0 },
    { name: "memory", title: "memory after it", unit: "MB", digits: 1 },
  ],
  startup: [
    { name: "time", title: "start to first answer", unit: "ms", digits: 0 },
    { name: "cpu", title: "CPU to the first answer", unit: "ms", digits: 0 },
  ],
  memory: [
    { name: "started", title: "memory after the first answer", unit: "MB", digits: 1 },
    { name: "connected", title: "with its connections", unit: "MB", digits: 1 },
    { name: "connection", title: "for each connection", unit: "kB", digits: 1 },
  ],
};
