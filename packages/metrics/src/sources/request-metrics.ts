/** Counts requests by route pattern, method and status. */
import type { PacketronRoute, SettledExchange } from "@packetron/core";
import { methodNames } from "@packetron/core/capability";
import { observe } from "../instruments/histogram.ts";
import type { Family, FamilyReport, Kind } from "../series/families.ts";
import { MAX_SERIES, SeriesTable } from "../series/series-table.ts";

/** The names that OpenTelemetry gives these labels. */
const METHOD = "http_request_method";
const ROUTE = "http_route";
const STATUS = "http_response_status_code";

/** The method label of a method that is not one of Packetron's: a client can send any word. */
const OTHER_METHOD = "_OTHER";

/** The series of one route. Nearly always, a request has the method and the status of the one before. */
interface RouteSeries {
  method: string;
  status: number;
  /** The durations of requests with this method and status. */
  durations: Float64Array;
  readonly byKey: Map<string, Float64Array>;
  readonly bytesIn: Float64Array;
  readonly bytesOut: Float64Array;
}

/** What a request of a server is counted in. */
export class RequestMetrics {
  readonly #bounds: readonly number[];
  readonly #durations: SeriesTable;
  readonly #bytesIn: SeriesTable;
  readonly #bytesOut: SeriesTable;
  readonly #active: SeriesTable;
  readonly #routes = new Map<string | undefined, RouteSeries>();

  /** @param bounds The bounds of the durations, in seconds. */
  constructor(bounds: readonly number[], onLimit: (family: Family) => void) {
    const table = (kind: Kind, name: string, help: string, labels: readonly string[]): SeriesTable =>
      new SeriesTable(
        { name, help, kind, aggregator: "sum", bounds: kind === "histogram" ? bounds : null, isRaw: false },
        labels,
        onLimit,
      );
    this.#bounds = bounds;
    this.#durations = table(
      "histogram",
      "http_server_request_duration_seconds",
      "From the complete head of a request until the system had taken the whole answer.",
      [METHOD, ROUTE, STATUS],
    );
    this.#active = table("gauge", "http_server_active_requests", "Requests that are not answered yet.", [
      METHOD,
      ROUTE,
    ]);
    this.#bytesIn = table(
      "counter",
      "http_server_request_body_bytes_total",
      "Bytes of request bodies that have arrived.",
      [ROUTE],
    );
    this.#bytesOut = table(
      "counter",
      "http_server_response_body_bytes_total",
      "Bytes of the bodies of answers.",
      [ROUTE],
    );
  }

  /** Counts a request that is over: two writes to an array, and one for each direction that had a body. */
  readonly record = ({ route, method, status, duration, bytesIn, bytesOut }: SettledExchange): void => {
    const series = this.#routes.get(route) ?? this.#addRoute(route);
    const isLast = series.status === status && series.method === method;
    observe(
      isLast ? series.durations : this.#find(series, route, method, status),
      this.#bounds,
      duration / 1_000,
    );
    if (bytesIn > 0) series.bytesIn[0] = (series.bytesIn[0] ?? 0) + bytesIn;
    if (bytesOut > 0) series.bytesOut[0] = (series.bytesOut[0] ?? 0) + bytesOut;
  };

  /** Counts the requests that are not answered yet. */
  countActive(
    requests: Iterable<{ readonly method?: string | undefined; readonly route: PacketronRoute | null }>,
  ): void {
    this.#active.clear();
    for (const { method = "", route } of requests) {
      const values = this.#active.of([methodLabel(method), route?.path ?? ""]);
      values[0] = (values[0] ?? 0) + 1;
    }
  }

  /** The metrics with their values in this process. */
  read(): readonly FamilyReport[] {
    return [this.#durations, this.#active, this.#bytesIn, this.#bytesOut].map((table) => table.read());
  }

  #addRoute(route: string | undefined): RouteSeries {
    const path = route ?? "";
    const series: RouteSeries = {
      method: "",
      status: -1,
      durations: NONE,
      byKey: new Map(),
      bytesIn: this.#bytesIn.of([path]),
      bytesOut: this.#bytesOut.of([path]),
    };
    // A program may add and remove routes without end. Those over the limit are counted in the series that they share.
    if (this.#routes.size < MAX_SERIES) this.#routes.set(route, series);
    return series;
  }

  #find(series: RouteSeries, route: string | undefined, method: string, status: number): Float64Array {
    const label = methodLabel(method);
    const key = `${label} ${status}`;
    const found = series.byKey.get(key);
    // Without an answer there is no status. An empty label is the same as none.
    const durations = found ?? this.#durations.of([label, route ?? "", status === 0 ? "" : String(status)]);
    if (found === undefined) series.byKey.set(key, durations);
    series.method = method;
    series.status = status;
    series.durations = durations;
    return durations;
  }
}

const NONE = new Float64Array(0);

function methodLabel(method: string): string {
  return methodNames.includes(method) ? method : OTHER_METHOD;
}
