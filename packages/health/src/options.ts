/** The option `health`: its parts, their defaults and checks. */
import { assertOptions, optionError } from "@packetron/core";

/**
 * Tells whether something that the server needs is there. `false`, a throw and a rejection say no; anything else says
 * yes. The signal aborts when the time is over: pass it on, so that the question itself ends then.
 */
export type ReadinessCheck = (signal: AbortSignal) => unknown;

/** What `new Packetron({ health: … })` takes; `{}` gives both end points. */
export interface HealthOptions {
  /**
   * The path that says whether the process answers at all; `false` for none.
   * @default "/livez"
   */
  liveness?: string | false;
  /**
   * The path that says whether the process wants requests; `false` for none.
   * @default "/readyz"
   */
  readiness?: string | false;
  /**
   * What readiness depends on, by name; the names appear in the log, never in an answer.
   * @default {}
   */
  checks?: Readonly<Record<string, ReadinessCheck>>;
  /**
   * How long a check may take, in milliseconds; then it has failed. Less than the second after which Kubernetes gives a
   * probe up, so that the answer is the server's.
   * @default 800
   */
  checkTimeout?: number;
  /**
   * How long the result of a check counts, in milliseconds: however many ask, it runs once in that time.
   * @default 1000
   */
  checkMaxAge?: number;
}

/** The options with every default filled in. */
export interface HealthSettings {
  /** With its leading slash; `null` for none. */
  readonly liveness: string | null;
  readonly readiness: string | null;
  readonly checks: ReadonlyMap<string, ReadinessCheck>;
  readonly checkTimeout: number;
  readonly checkMaxAge: number;
}

const KNOWN: readonly string[] = ["liveness", "readiness", "checks", "checkTimeout", "checkMaxAge"];

/** Segments that are the same in every spelling, so that the path can be compared as it is. */
const PATH = /^\/?[\w~.-]+(?:\/[\w~.-]+)*$/;

/** Largest delay of `setTimeout`; a larger one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * Fills in the defaults and checks what was given.
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
