/** The capability `metrics()`: reads the option `metrics`, counts requests, and answers Prometheus. */
import type { Capability, CapabilityHost, PacketronRoute } from "@packetron/core";
import { createLogLimiter, GateOrder, optionError } from "@packetron/core/capability";
import type { Engine } from "./engine.ts";
import { ServerMetrics } from "./instruments/server-metrics.ts";
import { DEFAULT_BUCKETS, type MetricsOptions, type MetricsSettings, resolveSettings } from "./options.ts";
import type { Family } from "./series/families.ts";
import { RequestMetrics } from "./sources/request-metrics.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * Metrics for Prometheus at `/metrics`. Each worker answers for the whole program, and what ended workers have
     * counted stays in the counts.
     * @default false
     */
    metrics?: boolean | MetricsOptions;
  }
  interface EndpointOptions {
    /**
     * `false` leaves the requests of this route or of these files out of the metrics. `true` and `null` are the same as
     * no value.
     * @default true
     */
    metrics?: boolean | null;
  }
  interface Packetron {
    /**
     * Makes counters, gauges and histograms of the program, which the option `metrics` reports. They work, and are not
     * reported, on a server without the option.
     *
     * @example
     * const orders = server.metrics.counter({ name: "orders_total", help: "Orders.", labels: ["kind"] });
     * orders.inc({ kind: "book" });
     */
    readonly metrics: ServerMetrics;
  }
}

const SHADOWED =
  "a route of the program has the path of the metrics: the route answers, not the option metrics";

/** The order of the gate: before plugins and load shedding, so that a busy server can be observed. */
const BEFORE_ALL = GateOrder.EARLY - 100;

/**
 * Adds the option `metrics`, and `server.metrics` for metrics of the program.
 *
 * Without the option, a request runs no code of this package. The constructor throws PKT_OPTION_INVALID and
 * PKT_OPTION_UNKNOWN, and PKT_METRICS_NAME for a label name that Prometheus refuses; `handle()` throws PKT_OPTION_INVALID.
 *
 * @example
 * const server = new Packetron({ capabilities: [metrics()], metrics: { token: process.env.METRICS_TOKEN } });
 */
export function metrics(): Capability {
  return {
    name: "@packetron/metrics",
    install(host) {
      let running: Measurement | null = null;
      let own: ServerMetrics | null = null;
      const logLimit = createLimitLog(host);
      host.serverOption("metrics", (value) => {
        if (value === undefined || value === false) return;
        const settings = resolveSettings(value);
        own = new ServerMetrics(settings.buckets, logLimit);
        running = measure(host, settings, own, logLimit);
      });
      host.routeOption("metrics", (value, route) => {
        if (value === false) running?.exclude(route);
        else if (value !== true && value !== null) throw optionError("metrics", value, "false, or no value");
      });
      host.extend("server", "metrics", {
        get: () => {
          own ??= new ServerMetrics(DEFAULT_BUCKETS, logLimit);
          return own;
        },
      });
      host.lifecycle({
        starting: async () => (await running?.engine())?.start(),
        stopped: async () => (await running?.engine())?.stop(),
      });
    },
  };
}

/** The measurement of a server that has the option. */
interface Measurement {
  /** Leaves the requests of a route out. */
  exclude(route: PacketronRoute): void;
  /** Returns what reports and answers. The first call loads it. */
  engine(): Promise<Engine>;
}

function measure(
  host: CapabilityHost,
  settings: MetricsSettings,
  own: ServerMetrics,
  logLimit: (family: Family) => void,
): Measurement {
  const requests = new RequestMetrics(settings.buckets, logLimit);
  const limited = createLogLimiter();
  const onError = (error: unknown): void =>
    limited("registry", (leftOut) =>
      host.log.error({ err: error, leftOut }, "a metric of a registry could not be read"),
    );
  let loaded: Promise<Engine> | undefined;
  const engine = (): Promise<Engine> => {
    loaded ??= import("./engine.ts").then(
      (code) => new code.Engine({ host, settings, requests, own, onError }),
    );
    return loaded;
  };
  let isWarned = false;
  const warnShadowed = (): false => {
    if (!isWarned) host.log.warn({ path: settings.path }, SHADOWED);
    isWarned = true;
    return false;
  };
  const excluded = new WeakSet<PacketronRoute>();
  let isAnyExcluded = false;
  host.settled((exchange) => {
    const { route } = exchange.request;
    if (isAnyExcluded && route !== null && excluded.has(route)) return;
    requests.record(exchange);
  });
  host.gate(BEFORE_ALL, function metricsGate(request, response) {
    if (request.path !== settings.path) return false;
    if (request.route !== null && request.route.path === settings.path) return warnShadowed();
    return engine().then((ready) => ready.answer(request, response));
  });
  return {
    engine,
    exclude(route) {
      isAnyExcluded = true;
      excluded.add(route);
    },
  };
}

/** Makes the function that logs a metric which has got more label values than it can have. */
function createLimitLog({ log }: CapabilityHost): (family: Family) => void {
  return ({ name }) =>
    log.warn(
      { metric: name },
      "a metric has too many label values: further ones are counted together, with the label otel_metric_overflow",
    );
}
