/** What runs while metrics are on. Loaded when the server starts, or at the first request for metrics before that. */
import type { CapabilityHost, PacketronRequest, PacketronResponse } from "@packetron/core";
import type { ServerMetrics } from "./instruments/server-metrics.ts";
import type { MetricsSettings } from "./options.ts";
import { Collector } from "./program/collector.ts";
import { Reporter } from "./program/reporter.ts";
import { LocalMetrics } from "./sources/local-metrics.ts";
import type { RequestMetrics } from "./sources/request-metrics.ts";
import { answerScrape } from "./text/endpoint.ts";

/** The parts that exist from the constructor of the server on. */
export interface EngineParts {
  readonly host: CapabilityHost;
  readonly settings: MetricsSettings;
  readonly requests: RequestMetrics;
  readonly own: ServerMetrics;
  readonly onError: (error: unknown) => void;
}

/** The metrics of one server in this process. */
export class Engine {
  readonly #settings: MetricsSettings;
  readonly #local: LocalMetrics;
  /** A worker reports to the primary; any other process collects. */
  readonly #role: Reporter | Collector;

  constructor(parts: EngineParts) {
    const { host, settings } = parts;
    this.#settings = settings;
    this.#local = new LocalMetrics({ ...parts, registries: settings.registries });
    this.#role =
      host.server.role === "worker" ? new Reporter(host, this.#local) : new Collector(host, this.#local);
  }

  /** Begins to report, before the first request. */
  start(): void {
    if (this.#role instanceof Reporter) this.#role.start();
  }

  /** Reports for the last time. */
  async stop(): Promise<void> {
    if (this.#role instanceof Reporter) await this.#role.stop();
    this.#local.stop();
  }

  /** Answers a request for metrics. */
  answer(request: PacketronRequest, response: PacketronResponse): Promise<true> {
    return answerScrape(this.#settings, request, response, () => this.#role.scrape());
  }
}
