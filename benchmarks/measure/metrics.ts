/** The metrics: names, titles, units and digits. */

/** A metric: one figure of a round. */
export interface Metric {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** The number of decimal digits in tables. */
  readonly digits: number;
  /** Whether only the folded table of a scenario shows it. */
  readonly isDetail?: true;
}

type Metrics = readonly [Metric, ...Metric[]];

/** The figures of one contestant in one round, by the name of the metric; `null` where the machine has no figure. */
export type Round = Readonly<Record<string, number | null>>;

/** The metrics of requests. */
const REQUESTS: Metrics = [
  { name: "cpu", title: "CPU per request", unit: "µs", digits: 1 },
  { name: "throughput", title: "requests per second", unit: "", digits: 0 },
  { name: "pacedP99", title: "p99 at 70 % load", unit: "ms", digits: 2 },
  { name: "p50", title: "p50 at full load", unit: "ms", digits: 2, isDetail: true },
  { name: "p99", title: "p99 at full load", unit: "ms", digits: 2, isDetail: true },
  { name: "pacedP50", title: "p50 at 70 %", unit: "ms", digits: 2, isDetail: true },
  { name: "pacedCpu", title: "CPU at 70 %", unit: "µs", digits: 1, isDetail: true },
  { name: "pacedRate", title: "requests per second at 70 %", unit: "", digits: 0, isDetail: true },
  { name: "pacedDelay", title: "the load's own delay at 70 %, p99", unit: "ms", digits: 2, isDetail: true },
];

/** The metrics of each kind of scenario. Contestants are compared by the first one. */
export const metricsOf: Readonly<Record<string, Metrics>> = {
  load: REQUESTS,
  held: REQUESTS,
  burst: [
    { name: "p99", title: "p99 of the first answer", unit: "ms", digits: 0 },
    { name: "late", title: "late clients", unit: "", digits: 0 },
    { name: "never", title: "of them never answered", unit: "", digits: 0 },
    { name: "throughput", title: "requests per second", unit: "", digits: 0 },
    { name: "p50", title: "p50 of the first answer", unit: "ms", digits: 0, isDetail: true },
    { name: "overflows", title: "listen overflows", unit: "packets", digits: 0, isDetail: true },
    { name: "drops", title: "listen drops", unit: "packets", digits: 0, isDetail: true },
    { name: "cut", title: "connections cut", unit: "", digits: 0, isDetail: true },
    { name: "delay", title: "the load's wait for its core", unit: "ms", digits: 0, isDetail: true },
  ],
  events: [
    { name: "cpu", title: "CPU per event", unit: "µs", digits: 1 },
    { name: "connection", title: "memory for each stream", unit: "kB", digits: 1 },
    { name: "throughput", title: "events per second", unit: "", digits: 0, isDetail: true },
  ],
  websocket: [
    { name: "cpu", title: "CPU per echo", unit: "µs", digits: 1 },
    { name: "throughput", title: "echoes per second", unit: "", digits: 0 },
    { name: "pacedP99", title: "p99 at 70 % load", unit: "ms", digits: 2 },
    { name: "fanOut", title: "CPU for each of 1,000 receivers", unit: "µs", digits: 1 },
    { name: "connection", title: "memory of an idle socket", unit: "kB", digits: 1 },
  ],
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
