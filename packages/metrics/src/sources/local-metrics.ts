/** All metrics of this process. */
import type { CapabilityHost } from "@packetron/core";
import { figuresOf, openRequests } from "@packetron/core/capability";
import type { ServerMetrics } from "../instruments/server-metrics.ts";
import type { FamilyReport } from "../series/families.ts";
import { reading } from "../series/metric-list.ts";
import { ProcessMetrics } from "./process-metrics.ts";
import { type MetricsRegistry, readRegistries } from "./prom-client.ts";
import type { RequestMetrics } from "./request-metrics.ts";

/** The parts of the metrics of a process. */
export interface LocalParts {
  readonly host: CapabilityHost;
  readonly requests: RequestMetrics;
  readonly own: ServerMetrics;
  readonly registries: readonly MetricsRegistry[];
  /** Gets the error of a metric of a registry that cannot be read. */
  readonly onError: (error: unknown) => void;
}

/** Reads the metrics of this process. */
export class LocalMetrics {
  readonly #parts: LocalParts;
  readonly #process: ProcessMetrics;

  constructor(parts: LocalParts) {
    this.#parts = parts;
    this.#process = new ProcessMetrics(parts.host.server.workerId);
  }

  /** Ends the measurement of the process. */
  stop(): void {
    this.#process.stop();
  }

  /**
   * Reads all metrics.
   *
   * @param isScrape Whether functions `collect` run, which may be costly.
   */
  async read(isScrape: boolean): Promise<readonly FamilyReport[]> {
    const { own, registries, onError } = this.#parts;
    const foreign = await readRegistries(registries, isScrape, onError);
    if (isScrape) own.collect();
    const families = this.readOwn();
    const names = new Set(families.map(({ name }) => name));
    // One name can be one family only. Those of this package win, because dashboards read them.
    return [...families, ...foreign.filter(({ name }) => !names.has(name))];
  }

  /** Reads all metrics but those of registries, which are read asynchronously. */
  readOwn(): readonly FamilyReport[] {
    const { host, requests, own } = this.#parts;
    requests.countActive(openRequests(host));
    return [...requests.read(), ...this.#process.read(), ...this.#readServer(), ...own.read()];
  }

  #readServer(): FamilyReport[] {
    const { host } = this.#parts;
    const { load, workerId } = host.server;
    const worker = { worker: String(workerId) };
    return [
      reading("gauge", "packetron_connections", "Open connections.", [[worker, load.connections]]),
      reading(
        "gauge",
        "packetron_request_wait_seconds",
        "How long the oldest request has waited for its turn.",
        [[worker, load.wait / 1_000]],
      ),
      ...figuresOf(host).map(({ name, help, value }) =>
        reading(name.endsWith("_total") ? "counter" : "gauge", name, help, [[{}, value]]),
      ),
    ];
  }
}
