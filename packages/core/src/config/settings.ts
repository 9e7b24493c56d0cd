/**
 * Fills in and checks options, once: server options in the constructor, and route options when a route is registered.
 */

import { coreError, optionError } from "../errors/errors.ts";
import { foreignOptions } from "../errors/foreign-words.ts";
import { optionHint } from "../errors/hints.ts";
import { isObject } from "../errors/narrow.ts";
import { showValue } from "../errors/show-value.ts";
import { isLogger, missingLevels } from "../log/logger.ts";
import { resolveAccessLog } from "./access-log.ts";
import { MAX_WORKERS, readVariable } from "./environment.ts";
import { flagNames, flagObjects } from "./flags.ts";
import {
  type DefaultedOption,
  PacketronDistribution,
  type ServerOptions,
  type ServerSettings,
} from "./options.ts";
import { isDeveloping } from "./process-role.ts";
import { resolveSocket } from "./socket.ts";
import { assertTlsTexts } from "./tls.ts";

const MIB = 1024 * 1024;

const defaults: Readonly<Required<Pick<ServerOptions, DefaultedOption>>> = Object.freeze({
  port: 3000,
  host: "0.0.0.0",
  backlog: 4_096,
  flags: 0,
  defaultRouteFlags: 0,
  dispatch: "direct",
  trustProxy: "loopback",
  errorBodies: "problem",
  defaultBodyLimit: 16 * MIB,
  keepAliveTimeout: 72_000,
  headersTimeout: 60_000,
  requestTimeout: 300_000,
  handlerTimeout: 0,
  sendTimeout: 60_000,
  lingerTimeout: 2_000,
  lingerBytes: 8 * MIB,
  distribution: PacketronDistribution.LEAST_CONNECTIONS,
  readyTimeout: 30_000,
  minReadyTime: 1_000,
  drainTimeout: 25_000,
  preDrainDelay: 0,
  idleGrace: 500,
  heartbeatInterval: 1_000,
  heartbeatTimeout: 10_000,
  restartBackoff: 100,
  maxRestarts: 10,
  restartWindow: 10_000,
  maxMemory: 0,
  maxAge: 0,
  maxRequestsPerWorker: 0,
  sharedMemoryLimit: 64 * MIB,
});

/** The names of core's own server options. The server refuses an option that neither core nor a capability knows. */
export const coreServerOptions: readonly string[] = [
  ...Object.keys(defaults),
  "maxThreads",
  "capabilities",
  "logger",
  "accessLog",
  "tls",
  "socket",
];

/** The names of core's own route options. */
export const coreRouteOptions: readonly string[] = [
  "method",
  "routePath",
  "handler",
  "flags",
  "maxRequestSizeInBytes",
  "handlerTimeout",
];

/** The names of core's own options of a group of routes. */
export const coreGroupOptions: readonly string[] = [
  "prefix",
  ...coreRouteOptions.filter((name) => name !== "routePath" && name !== "handler"),
];

/** The longest delay of `setTimeout()`; a longer one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** The greatest backlog that Node passes to the system. */
const MAX_BACKLOG = 2 ** 31 - 1;

interface Check {
  /** What the option expects, in words; a function if the received value decides what to write instead. */
  readonly expected: string | ((value: unknown) => string);
  readonly test: (value: unknown) => boolean;
}

const milliseconds: Check = integerBetween(0, MAX_DELAY, "milliseconds");

const checks: Readonly<Record<string, Check>> = {
  port: {
    ...integerBetween(0, 65_535),
    expected: (value) =>
      `an integer, 0 to 65535${isPath(value) ? `; for a Unix socket write socket: { path: ${showValue(value)} }` : numberHint(value)}`,
  },
  host: {
    expected: 'an address such as "127.0.0.1"',
    test: (value) => typeof value === "string" && value !== "",
  },
  backlog: integerBetween(1, MAX_BACKLOG, "connections"),
  maxThreads: integerBetween(1, MAX_WORKERS, "worker processes"),
  flags: { expected: 'constants of PacketronServerFlags, combined with "|"', test: Number.isInteger },
  defaultRouteFlags: {
    expected: 'constants of PacketronHandlerFlags, combined with "|"',
    test: Number.isInteger,
  },
  capabilities: { expected: "a list such as [bodyJson()]", test: Array.isArray },
  logger: {
    expected: (value) => {
      const missing = missingLevels(value);
      const lack = isObject(value) ? `: it has no function ${missing.join(", ")}` : "";
      return `an object with the functions debug, info, warn and error${lack}`;
    },
    test: isLogger,
  },
  tls: {
    expected: "an object with key and cert",
    test: (value) => typeof value === "object" && value !== null,
  },
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
  errorBodies: oneOf("problem", "none"),
  defaultBodyLimit: { ...bytes(), expected: "a number of bytes, or null for no limit" },
  keepAliveTimeout: milliseconds,
  headersTimeout: milliseconds,
  requestTimeout: milliseconds,
  handlerTimeout: milliseconds,
  sendTimeout: milliseconds,
  lingerTimeout: milliseconds,
  lingerBytes: integerBetween(0, Number.MAX_SAFE_INTEGER, "bytes"),
  readyTimeout: milliseconds,
  minReadyTime: milliseconds,
  drainTimeout: milliseconds,
  preDrainDelay: milliseconds,
  idleGrace: milliseconds,
  heartbeatInterval: milliseconds,
  heartbeatTimeout: milliseconds,
  restartBackoff: milliseconds,
  maxRestarts: integerBetween(0, Number.MAX_SAFE_INTEGER),
  restartWindow: milliseconds,
  maxMemory: integerBetween(0, Number.MAX_SAFE_INTEGER, "bytes"),
  maxAge: milliseconds,
  maxRequestsPerWorker: integerBetween(0, Number.MAX_SAFE_INTEGER),
  sharedMemoryLimit: integerBetween(0, Number.MAX_SAFE_INTEGER, "bytes"),
};

/** The longest wait for requests in flight when a server under `packetron dev` stops, in milliseconds. */
const DEV_DRAIN = 1_000;

/**
 * Fills in core's defaults and checks the given options; `undefined` counts as absent.
 *
 * @throws PKT_OPTION_INVALID with the option or the environment variable, what arrived and what was expected;
 *   PKT_OPTION_UNKNOWN for an unknown key of `socket`.
 */
export function resolveServerSettings(options: ServerOptions): ServerSettings {
  assertOptionsObject(options, "{ port: 3000 }");
  for (const [key, check] of Object.entries(checks)) {
    const value: unknown = Reflect.get(options, key);
    if (value !== undefined) assertOption(key, value, check);
  }
  if (options.tls !== undefined) assertTlsTexts(options.tls);
  const given = Object.fromEntries(
    Object.entries(options).filter(([key, value]) => key in defaults && value !== undefined),
  );
  const settings = { ...defaults, ...given };
  return Object.freeze({
    ...settings,
    dispatch: options.dispatch ?? readVariable("PACKETRON_DISPATCH") ?? defaults.dispatch,
    // Under `packetron dev` the developer waits for the changed program, so a page that stays open must not delay it.
    drainTimeout: Math.min(settings.drainTimeout, isDeveloping() ? DEV_DRAIN : Number.POSITIVE_INFINITY),
    defaultBodyLimit: settings.defaultBodyLimit ?? Number.POSITIVE_INFINITY,
    tls: options.tls,
    accessLog: resolveAccessLog(options),
    maxThreads: options.maxThreads,
    socket: resolveSocket(options),
  });
}

/** Checks the body limit of a route and returns the limit in bytes: `undefined` if not given, `Infinity` for `null`. */
export function resolveRouteLimit(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  assertOption("maxRequestSizeInBytes", value, {
    ...bytes(),
    expected: "a number of bytes, or null for no limit",
  });
  return value === null ? Number.POSITIVE_INFINITY : Number(value);
}

/** Checks the `handlerTimeout` of a route, in milliseconds: `undefined` if not given, 0 for `false`. */
export function resolveRouteTimeout(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (value === false) return 0;
  assertOption("handlerTimeout", value, {
    ...milliseconds,
    expected: `an integer number of milliseconds, 0 to ${MAX_DELAY}, or false`,
  });
  return Number(value);
}

/** Throws if options are not an object. Users of other frameworks may write `handle("/a", handler)`. */
export function assertOptionsObject(options: unknown, example: string): void {
  const expected = `an object such as ${example}`;
  assertOption("options", options, {
    expected,
    test: (value) => typeof value === "object" && value !== null,
  });
}

/** Throws if a value is not a function. Without this check, the mistake would only show at the first request. */
export function assertFunction(option: string, value: unknown, expected: string): void {
  assertOption(option, value, {
    expected: `a function ${expected}`,
    test: (given) => typeof given === "function",
  });
}

/**
 * Throws for constructor options that neither core nor a capability knows. Then each capability reads its own options.
 *
 * @throws PKT_OPTION_UNKNOWN with the package to install, or with the name that was probably meant.
 */
export function assertServerOptions(
  options: ServerOptions,
  claimed: ReadonlyMap<string, { readonly value: (value: unknown) => void }>,
): void {
  assertKnownOptions("server", options, coreServerOptions, claimed);
  for (const [key, { value: read }] of claimed) read(Reflect.get(options, key));
}

/**
 * Throws for a key that is not in `known` and that no capability has added. A key whose value is `undefined` counts as
 * absent.
 */
export function assertKnownOptions(
  of: "server" | "route" | "group",
  options: object,
  known: readonly string[],
  claimed: ReadonlyMap<string, unknown>,
): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || known.includes(option) || claimed.has(option)) continue;
    const hint =
      flagHint(of, option) ?? optionHint(option, [...known, ...claimed.keys()], foreignOptions[of], of);
    throw coreError("PKT_OPTION_UNKNOWN", { kind: `${of} option`, option, hint });
  }
}

/** The hint for an option that is the name of a flag: `{ ignoreTrailingSlash: true }` or `{ JSON_BODY: true }`. */
function flagHint(of: "server" | "route" | "group", option: string): string | undefined {
  const family = of === "server" ? "server" : "handler";
  const letters = (name: string): string => name.replaceAll("_", "").toLowerCase();
  const flag = [...flagNames[family].values()].find((name) => letters(name) === letters(option));
  return flag === undefined ? undefined : ` It is a flag: write flags: ${flagObjects[family]}.${flag}.`;
}

function assertOption(option: string, value: unknown, check: Check): void {
  const { expected, test } = check;
  if (!test(value))
    throw optionError(option, value, typeof expected === "string" ? expected : expected(value));
}

function integerBetween(low: number, high: number, unit = "an integer"): Check {
  const range = high >= Number.MAX_SAFE_INTEGER ? `${low} or more` : `${low} to ${high}`;
  return {
    expected: (value) =>
      `${unit === "an integer" ? unit : `an integer number of ${unit}`}, ${range}${numberHint(value)}`,
    test: (value) => Number.isInteger(value) && Number(value) >= low && Number(value) <= high,
  };
}

/** What to write for a number that is a text, such as an environment variable. */
function numberHint(value: unknown): string {
  const isNumber = typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
  return isNumber ? `: a text is not converted, write Number(${showValue(value)})` : "";
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && /[/\\]|\.sock$/.test(value);
}

function bytes(): Check {
  return {
    expected: "bytes",
    test: (value) => value === null || (Number.isSafeInteger(value) && Number(value) >= 0),
  };
}

function oneOf(...values: readonly string[]): Check {
  return {
    expected: values.map((value) => JSON.stringify(value)).join(" or "),
    test: (value) => typeof value === "string" && values.includes(value),
  };
}
