/** The options of a server and of a route: their types, defaults and checks. Checked once, when they arrive. */
import type { TlsOptions } from "node:tls";
import type { Capability } from "./capability.ts";
import { coreError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { RequestMethod } from "./methods.ts";
import type { PacketronRequest } from "./request/request.ts";
import type { PacketronResponse } from "./request/response.ts";
import type { ParamsOf } from "./routing/path.ts";

/** How the primary hands connections to workers. */
export const PacketronDistribution: {
  readonly LEAST_CONNECTIONS: "least-connections";
  readonly ROUND_ROBIN: "round-robin";
} = Object.freeze({ LEAST_CONNECTIONS: "least-connections", ROUND_ROBIN: "round-robin" });

/** Which peers are believed when they send `X-Forwarded-For`. */
export type TrustProxy = boolean | "loopback" | "private" | readonly string[];

/** Options of `new Packetron()`. Capabilities add theirs by declaration merging. */
export interface ServerOptions {
  /**
   * TCP port, 0-65535; 0 lets the system choose one, the same for all workers.
   * @default 3000
   */
  port?: number;
  /**
   * Address to bind.
   * @default "0.0.0.0"
   */
  host?: string;
  /**
   * Worker processes; 1 serves in this process without a fork.
   * @default `PACKETRON_THREADS` if set, else what CPU affinity, cgroup quota and memory allow
   */
  maxThreads?: number;
  /**
   * Bits of {@link PacketronServerFlags}.
   * @default 0
   */
  flags?: number;
  /**
   * What the server can do beyond core: `[bodyJson(), bodyText()]`.
   * @default []
   */
  capabilities?: readonly Capability[];
  /** Where log lines go: any object with pino's `debug`, `info`, `warn`, `error`. By default one line each to stderr. */
  logger?: Logger;
  /** Serves HTTPS with these options of `tls.createServer()`: `{ key, cert }`. */
  tls?: TlsOptions;
  /**
   * `"direct"` lets Packetron answer without the parts of `node:http` that a request does not need, where the
   * runtime allows it; `"standard"` never does. The API is the same.
   * @default "direct"
   */
  dispatch?: "direct" | "standard";
  /**
   * Peers whose `X-Forwarded-For` is believed: loopback and Unix-socket peers, private networks, a list of CIDRs,
   * nobody (`false`) or everybody (`true`, which takes the leftmost entry and can be spoofed).
   * @default "loopback"
   */
  trustProxy?: TrustProxy;
  /**
   * Cap of buffered bodies in bytes on routes without `maxRequestSizeInBytes`; `null` is unlimited.
   * @default 16777216 (16 MiB)
   */
  defaultBodyLimit?: number | null;
  /**
   * How long an idle connection stays open, in milliseconds; longer than the 60 s of common load balancers.
   * @default 72000
   */
  keepAliveTimeout?: number;
  /**
   * How long a request's head may take, in milliseconds; then 408.
   * @default 60000
   */
  headersTimeout?: number;
  /**
   * How long a whole request may take to arrive, in milliseconds; then 408.
   * @default 300000
   */
  requestTimeout?: number;
  /**
   * How long the rest of a body is read and discarded after the answer, in milliseconds, so that the client gets
   * to read the answer.
   * @default 2000
   */
  lingerTimeout?: number;
  /**
   * How much of it is discarded at most, in bytes.
   * @default 8388608 (8 MiB)
   */
  lingerBytes?: number;
  /**
   * Which worker gets the next connection; a value of {@link PacketronDistribution}.
   * @default "least-connections" (ties rotate)
   */
  distribution?: (typeof PacketronDistribution)[keyof typeof PacketronDistribution];
  /**
   * How long a worker may take to get ready, in milliseconds.
   * @default 30000
   */
  readyTimeout?: number;
  /**
   * How long requests in flight may take to finish when the server stops, in milliseconds; then they are cut.
   * @default 25000
   */
  drainTimeout?: number;
  /**
   * How long idle connections stay open while draining, in milliseconds, so that a request already on its way is
   * answered instead of reset.
   * @default 500
   */
  idleGrace?: number;
  /**
   * How often a worker tells the primary that it is alive, in milliseconds; 0 turns it off. Off under the inspector.
   * @default 1000
   */
  heartbeatInterval?: number;
  /**
   * Silence after which a worker is replaced, in milliseconds.
   * @default 10000
   */
  heartbeatTimeout?: number;
  /**
   * First delay before a worker that died early is replaced, in milliseconds; doubles up to 30 s, with jitter.
   * @default 100
   */
  restartBackoff?: number;
  /**
   * Early deaths within `restartWindow` after which the server gives up.
   * @default 10
   */
  maxRestarts?: number;
  /**
   * The window of `maxRestarts` in milliseconds.
   * @default 10000
   */
  restartWindow?: number;
}

type CapabilityFree = Omit<ServerOptions, "capabilities" | "logger" | "tls" | "maxThreads">;

/** The options that core reads, with every default filled in. `defaultBodyLimit` is `Infinity` where `null` was given. */
export interface ServerSettings extends Readonly<Required<Pick<CapabilityFree, CoreDefaultKey>>> {
  readonly defaultBodyLimit: number;
  readonly tls: TlsOptions | undefined;
  readonly maxThreads: number | undefined;
}

type CoreDefaultKey = keyof typeof defaults;

/** A request handler: answers now or later, with or without a promise. What it returns is ignored. */
export type Handler<Path extends string = string> = (
  request: PacketronRequest<ParamsOf<Path>>,
  response: PacketronResponse,
) => unknown;

/** Options that routes and served files share. Capabilities add theirs here by declaration merging. */
export interface EndpointOptions {
  /**
   * Cap of the request body in bytes, content codings removed; exactly the cap passes. `null` is unlimited.
   * @default the server's `defaultBodyLimit` for parsed bodies, unlimited for streamed ones
   */
  maxRequestSizeInBytes?: number | null;
}

/** Options of `server.handle()`. */
export interface RouteOptions<Path extends string = string> extends EndpointOptions {
  /**
   * A value of {@link PacketronRequestMethod}.
   * @default PacketronRequestMethod.GET
   */
  method?: RequestMethod;
  /** The path, with or without a leading slash: exact, or a pattern with `:name` segments and a trailing `*`. */
  routePath: Path;
  /** Answers the request. */
  handler: Handler<Path>;
  /**
   * Bits of {@link PacketronHandlerFlags}.
   * @default 0
   */
  flags?: number;
}

const MIB = 1024 * 1024;

const defaults = {
  port: 3000,
  host: "0.0.0.0",
  flags: 0,
  dispatch: "direct" as "direct" | "standard",
  trustProxy: "loopback" as TrustProxy,
  defaultBodyLimit: (16 * MIB) as number | null,
  keepAliveTimeout: 72_000,
  headersTimeout: 60_000,
  requestTimeout: 300_000,
  lingerTimeout: 2_000,
  lingerBytes: 8 * MIB,
  distribution: PacketronDistribution.LEAST_CONNECTIONS as "least-connections" | "round-robin",
  readyTimeout: 30_000,
  drainTimeout: 25_000,
  idleGrace: 500,
  heartbeatInterval: 1_000,
  heartbeatTimeout: 10_000,
  restartBackoff: 100,
  maxRestarts: 10,
  restartWindow: 10_000,
};

/** The names of core's own server options, for the registry's check of unknown ones. */
export const coreServerOptions: readonly string[] = [...Object.keys(defaults), "maxThreads", "capabilities", "logger", "tls"];

/** The names of core's own route options. */
export const coreRouteOptions: readonly string[] = ["method", "routePath", "handler", "flags", "maxRequestSizeInBytes"];

/** Largest delay of `setTimeout`; a larger one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

interface Check {
  readonly expected: string;
  readonly test: (value: unknown) => boolean;
}

const milliseconds: Check = integerBetween(0, MAX_DELAY, "milliseconds");

const checks: Readonly<Record<string, Check>> = {
  port: integerBetween(0, 65_535),
  host: { expected: 'an address such as "127.0.0.1"', test: (value) => typeof value === "string" && value !== "" },
  maxThreads: integerBetween(1, 1024, "worker processes"),
  flags: { expected: "an integer of PacketronServerFlags bits", test: Number.isInteger },
  logger: { expected: "an object with the functions debug, info, warn and error", test: isLogger },
  tls: { expected: "an object with key and cert", test: (value) => typeof value === "object" && value !== null },
  dispatch: oneOf("direct", "standard"),
  distribution: oneOf(...Object.values(PacketronDistribution)),
  trustProxy: {
    expected: 'true, false, "loopback", "private" or a list of addresses and CIDRs',
    test: (value) =>
      typeof value === "boolean" ||
      value === "loopback" ||
      value === "private" ||
      (Array.isArray(value) && value.every((entry) => typeof entry === "string")),
  },
  defaultBodyLimit: { ...bytes(), expected: "a number of bytes, or null for no limit" },
  keepAliveTimeout: milliseconds,
  headersTimeout: milliseconds,
  requestTimeout: milliseconds,
  lingerTimeout: milliseconds,
  lingerBytes: integerBetween(0, Number.MAX_SAFE_INTEGER, "bytes"),
  readyTimeout: milliseconds,
  drainTimeout: milliseconds,
  idleGrace: milliseconds,
  heartbeatInterval: milliseconds,
  heartbeatTimeout: milliseconds,
  restartBackoff: milliseconds,
  maxRestarts: integerBetween(0, Number.MAX_SAFE_INTEGER),
  restartWindow: milliseconds,
};

/**
 * Fills in core's defaults and checks what was given; `undefined` counts as absent.
 *
 * @throws PKT_OPTION_INVALID naming the option, what arrived and what was expected.
 */
export function resolveServerSettings(options: ServerOptions): ServerSettings {
  for (const [key, check] of Object.entries(checks)) {
    const value: unknown = Reflect.get(options, key);
    if (value !== undefined) assertOption(key, value, check);
  }
  const given = Object.fromEntries(Object.entries(options).filter(([key, value]) => key in defaults && value !== undefined));
  const settings = { ...defaults, ...given };
  return Object.freeze({
    ...settings,
    defaultBodyLimit: settings.defaultBodyLimit ?? Number.POSITIVE_INFINITY,
    tls: options.tls,
    maxThreads: options.maxThreads,
  });
}

/** The route's own cap in bytes: `undefined` when absent, `Infinity` for `null`. */
export function resolveRouteLimit(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  assertOption("maxRequestSizeInBytes", value, { ...bytes(), expected: "a number of bytes, or null for no limit" });
  return value === null ? Number.POSITIVE_INFINITY : Number(value);
}

/** Shows a received value in an error, shortened: `"abc"`, `[object]`, `NaN`. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return `a function${value.name === "" ? "" : ` (${value.name})`}`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}

function assertOption(option: string, value: unknown, check: Check): void {
  if (!check.test(value)) throw coreError("PKT_OPTION_INVALID", { option, received: showValue(value), expected: check.expected });
}

function integerBetween(low: number, high: number, unit = "an integer"): Check {
  const range = high >= Number.MAX_SAFE_INTEGER ? `${low} or more` : `${low} to ${high}`;
  return {
    expected: unit === "an integer" ? `an integer, ${range}` : `an integer number of ${unit}, ${range}`,
    test: (value) => Number.isInteger(value) && Number(value) >= low && Number(value) <= high,
  };
}

function bytes(): Check {
  return { expected: "bytes", test: (value) => value === null || (Number.isSafeInteger(value) && Number(value) >= 0) };
}

function oneOf(...values: readonly string[]): Check {
  return {
    expected: values.map((value) => JSON.stringify(value)).join(" or "),
    test: (value) => typeof value === "string" && values.includes(value),
  };
}

function isLogger(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    ["debug", "info", "warn", "error"].every((level) => typeof Reflect.get(value, level) === "function")
  );
}
