/** The metrics of this process: CPU, memory, event loop and garbage collection. */
import { type EventLoopUtilization, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { observe } from "../instruments/histogram.ts";
import type { FamilyReport } from "../series/families.ts";
import { reading } from "../series/metric-list.ts";
import { SeriesTable } from "../series/series-table.ts";

/** The interval of the samples of the event loop's delay, in milliseconds. Node takes them without JavaScript. */
const RESOLUTION = 20;

/** How long a window of the event loop's delay is, in milliseconds: about the time between two scrapes. */
const WINDOW = 15_000;

/** The bounds of garbage collections, in seconds. */
const GC_BOUNDS: readonly number[] = Object.freeze([0.001, 0.01, 0.1, 1, 10]);

/** The names of the kinds of garbage collection, by Node's constants `NODE_PERFORMANCE_GC_*`. */
const GC_KINDS: ReadonlyMap<unknown, string> = new Map([
  [1, "minor"],
  [4, "major"],
  [8, "incremental"],
  [16, "weakcb"],
]);

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>;

/** Percentiles of the event loop's delay, in seconds. */
interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const NO_DELAYS: Delays = { p50: 0, p99: 0, max: 0 };

/** Measures this process while it runs. */
export class ProcessMetrics {
  readonly #worker: string;
  readonly #loop: DelayHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  #windowStart = performance.now();
  #lastWindow = NO_DELAYS;
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();
  readonly #collections: SeriesTable;
  readonly #observer: PerformanceObserver;

  /** @param workerId The number of the process, 0 for the primary or the only process. */
  constructor(workerId: number) {
    this.#worker = String(workerId);
    const family = {
      name: "v8js_gc_duration_seconds",
      help: "Pauses for garbage collection.",
      kind: "histogram",
      aggregator: "sum",
      bounds: GC_BOUNDS,
      isRaw: false,
    } as const;
    this.#collections = new SeriesTable(family, ["v8js_gc_type"], () => undefined);
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#observe(entry.duration, Reflect.get(entry, "detail"));
    });
    this.#observer.observe({ entryTypes: ["gc"] });
    this.#loop.enable();
  }

  /** Ends the measurement. The last values can still be read. */
  stop(): void {
    this.#observer.disconnect();
    this.#loop.disable();
  }

  /** Reads the metrics. */
  read(): readonly FamilyReport[] {
    return [...this.#readCpuAndMemory(), ...this.#readLoop(), this.#collections.read()];
  }

  #observe(duration: number, detail: unknown): void {
    const kind = typeof detail === "object" && detail !== null ? Reflect.get(detail, "kind") : undefined;
    const values = this.#collections.of([GC_KINDS.get(kind) ?? "other"]);
    observe(values, GC_BOUNDS, duration / 1_000);
  }

  #readCpuAndMemory(): FamilyReport[] {
    const worker = { worker: this.#worker };
    const { user, system } = process.cpuUsage();
    const { total_heap_size: total, used_heap_size: used, external_memory: external } = getHeapStatistics();
    const gauge = (name: string, help: string, value: number) =>
      reading("gauge", name, help, [[worker, value]]);
    const startedAt = performance.timeOrigin / 1_000;
    return [
      reading("counter", "process_cpu_seconds_total", "CPU time, user and system.", [
        [{}, (user + system) / 1e6],
      ]),
      // During a replacement two processes have the same number: their memory adds up, and the newer one has the time.
      reading(
        "gauge",
        "process_start_time_seconds",
        "When the process was started, since 1970.",
        [[worker, startedAt]],
        "max",
      ),
      gauge("process_resident_memory_bytes", "Resident memory.", residentMemory()),
      gauge("v8js_memory_heap_used_bytes", "Used memory of the JavaScript heap.", used),
      gauge("v8js_memory_heap_size_bytes", "Memory of the JavaScript heap.", total),
      gauge("v8js_memory_external_bytes", "Memory of buffers, outside the heap.", external),
    ];
  }

  #readLoop(): FamilyReport[] {
    const worker = this.#worker;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    const delays = this.#readDelays();
    const delay = (figure: string, help: string, seconds: number) =>
      reading("gauge", `nodejs_eventloop_delay_${figure}_seconds`, help, [[{ worker }, seconds]], "max");
    return [
      reading("counter", "nodejs_eventloop_time_seconds_total", "Time of the event loop, busy and idle.", [
        [{ nodejs_eventloop_state: "active" }, now.active / 1_000],
        [{ nodejs_eventloop_state: "idle" }, now.idle / 1_000],
      ]),
      reading(
        "gauge",
        "nodejs_eventloop_utilization_ratio",
        "Share of time that the event loop was busy, since the last report.",
        [[{ worker }, utilization]],
        "max",
      ),
      delay("p50", "Median of how late the event loop was, in the last 15 to 30 seconds.", delays.p50),
      delay("p99", "99th percentile of how late the event loop was, in the same time.", delays.p99),
      delay("max", "How late the event loop was at most, in the same time.", delays.max),
    ];
  }

  /** The greater of the last whole window and the present one: a peak is seen by each scraper, however many there are. */
  #readDelays(): Delays {
    const present = this.#loop.count === 0 ? NO_DELAYS : readWindow(this.#loop);
    const last = this.#lastWindow;
    if (performance.now() - this.#windowStart >= WINDOW) {
      this.#windowStart = performance.now();
      this.#lastWindow = present;
      this.#loop.reset();
    }
    return {
      p50: Math.max(present.p50, last.p50),
      p99: Math.max(present.p99, last.p99),
      max: Math.max(present.max, last.max),
    };
  }
}

/** Node's histogram has the nanoseconds between two samples. A loop that is never late takes RESOLUTION. */
function readWindow(loop: DelayHistogram): Delays {
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - RESOLUTION / 1_000);
  return { p50: late(loop.percentile(50)), p99: late(loop.percentile(99)), max: late(loop.max) };
}

/** Resident memory in bytes; 0 when no descriptor is free, because Linux reports memory in a file. */
function residentMemory(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return 0;
  }
}
