/** The option `metrics`: its parts, their defaults and checks. */
import { assertOptions, optionError } from "@packetron/core/capability";
import { assertLabelName, readBuckets } from "./instruments/metric-options.ts";
import { labelText } from "./series/labels.ts";
import type { MetricsRegistry } from "./sources/prom-client.ts";

/** The value of `new Packetron({ metrics: … })` in an object; `{}` and `true` have each default. */
export interface MetricsOptions {
  /**
   * The path at which Prometheus gets the metrics.
   * @default "metrics"
   */
  path?: string;
  /**
   * Registries of prom-client, such as `[client.register]`. Their metrics are added up over all processes, too.
   * @default []
   */
  registries?: readonly MetricsRegistry[];
  /**
   * The upper bounds of the buckets of request durations, in seconds, ascending; also those of histograms of the program
   * without buckets of their own.
   * @default those of OpenTelemetry: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
   */
  buckets?: readonly number[];
  /**
   * Labels of every series, such as `{ app: "shop" }`.
   * @default {}
   */
  defaultLabels?: Readonly<Record<string, string>>;
  /**
   * The token that a request for metrics must carry, as `Authorization: Bearer <token>`. Without a token, each client
   * that reaches the port gets the metrics.
   * @default no token
   */
  token?: string;
}

/** The option `metrics` with every default filled in. */
export interface MetricsSettings {
  /** The path with its leading slash. */
  readonly path: string;
  readonly registries: readonly MetricsRegistry[];
  readonly buckets: readonly number[];
  /** The labels of every series as text. */
  readonly defaultLabels: string;
  /** `null` for none. */
  readonly token: string | null;
}

/** What OpenTelemetry recommends for `http.server.request.duration`. */
export const DEFAULT_BUCKETS: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]);

const KNOWN: readonly string[] = ["path", "registries", "buckets", "defaultLabels", "token"];

/** Paths of unreserved characters (RFC 3986 section 2.3) only: without percent-encoding, plain comparison is enough. */
const PATH = /^\/?[\w~.-]+(?:\/[\w~.-]+)*$/;

/** RFC 6750 section 2.1. */
const TOKEN = /^[\w~+/.-]+=*$/;

/**
 * Checks the value of the option `metrics` and fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN, PKT_METRICS_NAME for the name of a label
 */
export function resolveSettings(value: unknown): MetricsSettings {
  const options = value === true ? {} : value;
  assertOptions("metrics", options, KNOWN, 'true, false, or an object such as { path: "metrics" }');
  const { buckets } = options;
  return {
    path: readPath(options["path"]),
    registries: readRegistries(options["registries"]),
    buckets: buckets === undefined ? DEFAULT_BUCKETS : readBuckets("metrics.buckets", buckets),
    defaultLabels: readLabels(options["defaultLabels"]),
    token: readToken(options["token"]),
  };
}

function readPath(value: unknown = "metrics"): string {
  const fits = typeof value === "string" && PATH.test(value) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(value);
  if (!fits) throw optionError("metrics.path", value, 'a path of letters, digits and -._~ such as "metrics"');
  return value.startsWith("/") ? value : `/${value}`;
}

function readRegistries(value: unknown = []): readonly MetricsRegistry[] {
  const expected = "a list of registries of prom-client, such as [client.register]";
  if (!Array.isArray(value)) throw optionError("metrics.registries", value, expected);
  for (const registry of value)
    if (!isRegistry(registry)) throw optionError("metrics.registries", registry, expected);
  return value;
}

function readLabels(value: unknown = {}): string {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw optionError("metrics.defaultLabels", value, 'an object of texts such as { app: "shop" }');
  const labels = Object.entries(value);
  for (const [name, text] of labels) {
    assertLabelName(name);
    if (typeof text !== "string") throw optionError(`metrics.defaultLabels.${name}`, text, "a text");
  }
  return labelText(
    labels.map(([name]) => name),
    labels.map(([, text]) => text),
  );
}

function readToken(value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value !== "string" || !TOKEN.test(value))
    throw optionError("metrics.token", value, "a text of letters, digits and -._~+/ with = at its end only");
  return value;
}

function isRegistry(value: unknown): value is MetricsRegistry {
  return (
    typeof value === "object" &&
    value !== null &&
    "getMetricsAsArray" in value &&
    typeof value.getMetricsAsArray === "function"
  );
}
