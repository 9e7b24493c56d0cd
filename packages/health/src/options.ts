/** The option `health`: its parts, their defaults and checks. */
import { assertOptions, optionError } from "@packetron/core/capability";

/**
 * Checks whether a service that the server depends on is available. The check fails when it returns `false`, throws or
 * rejects; with any other result it passes. The signal aborts after `checkTimeout`: pass it on, so that the request to
 * the service ends, too.
 */
export type ReadinessCheck = (signal: AbortSignal) => unknown;

/** The value of `new Packetron({ health: … })`; `{}` gives both endpoints. */
export interface HealthOptions {
  /**
   * The path of the liveness probe, which shows that the process answers; `false` for no such path.
   * @default "/livez"
   */
  liveness?: string | false;
  /**
   * The path of the readiness probe, which shows that the process is ready for requests; `false` for no such path.
   * @default "/readyz"
   */
  readiness?: string | false;
  /**
   * The checks that readiness depends on, by name. The names appear in the log, never in an answer.
   * @default {}
   */
  checks?: Readonly<Record<string, ReadinessCheck>>;
  /**
   * How long a check may take, in milliseconds; after that it has failed. The default is below the second after which
   * Kubernetes aborts a probe, so that Kubernetes sees the answer of the server.
   * @default 800
   */
  checkTimeout?: number;
  /**
   * How long the result of a check is valid, in milliseconds. The check runs at most once in that time, with any number
   * of probes.
   * @default 1000
   */
  checkMaxAge?: number;
}

/** The option `health` with every default filled in. */
export interface HealthSettings {
  /** The path of the liveness probe with its leading slash; `null` for no such path. */
  readonly liveness: string | null;
  /** The path of the readiness probe with its leading slash; `null` for no such path. */
  readonly readiness: string | null;
  readonly checks: ReadonlyMap<string, ReadinessCheck>;
  readonly checkTimeout: number;
  readonly checkMaxAge: number;
}

const KNOWN: readonly string[] = ["liveness", "readiness", "checks", "checkTimeout", "checkMaxAge"];

/** Paths of unreserved characters (RFC 3986 section 2.3) only: without percent-encoding, plain comparison is enough. */
const PATH = /^\/?[\w~.-]+(?:\/[\w~.-]+)*$/;

/** Greatest delay of `setTimeout`; Node replaces a greater one by 1 ms. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * Checks the value of the option `health` and fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function resolveSettings(value: unknown): HealthSettings {
  assertOptions("health", value, KNOWN, "an object such as {}, which gives /livez and /readyz");
  const liveness = readPath("liveness", value["liveness"], "/livez");
  const readiness = readPath("readiness", value["readiness"], "/readyz");
  if (liveness !== null && liveness === readiness)
    throw optionError("health.readiness", readiness, "another path than that of liveness");
  return {
    liveness,
    readiness,
    checks: readChecks(value["checks"]),
    checkTimeout: readMilliseconds("checkTimeout", value["checkTimeout"], 800),
    checkMaxAge: readMilliseconds("checkMaxAge", value["checkMaxAge"], 1_000),
  };
}

function readPath(name: string, value: unknown, fallback: string): string | null {
  if (value === undefined) return fallback;
  if (value === false) return null;
  const fits = typeof value === "string" && PATH.test(value) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(value);
  if (!fits)
    throw optionError(
      `health.${name}`,
      value,
      `a path of letters, digits and -._~ such as "${fallback}", or false`,
    );
  return value.startsWith("/") ? value : `/${value}`;
}

function readChecks(value: unknown = {}): ReadonlyMap<string, ReadinessCheck> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw optionError("health.checks", value, "an object of functions such as { database }");
  const checks = new Map<string, ReadinessCheck>();
  for (const [name, check] of Object.entries(value)) {
    if (!isCheck(check)) throw optionError(`health.checks.${name}`, check, "a function (signal)");
    checks.set(name, check);
  }
  return checks;
}

function readMilliseconds(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  const duration = Number(value);
  if (typeof value !== "number" || !Number.isInteger(duration) || duration < 1 || duration > MAX_DELAY)
    throw optionError(`health.${name}`, value, "an integer number of milliseconds, 1 or more");
  return duration;
}

function isCheck(value: unknown): value is ReadinessCheck {
  return typeof value === "function";
}
