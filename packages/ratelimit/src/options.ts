/** The option `rateLimit`: its parts, their defaults and checks. */
import type { PacketronRequest } from "@packetron/core";
import { assertOptions, optionError } from "@packetron/core/capability";
import { byIp } from "./keys.ts";

/**
 * Gives each request the name of what is limited, such as the client's address. `null` does not limit the request. A
 * throw, or any other result than a text or `null`, becomes a 500.
 */
export type RateLimitKey = (request: PacketronRequest) => string | null;

/** Which processes count together. */
export type RateLimitScope = "worker" | "program" | "everywhere";

/** The value of `rateLimit` in an object. */
export interface RateLimitOptions {
  /** How many units a key gets in each window: with `cost: 1`, how many requests. An integer of 1 or more. */
  limit: number;
  /**
   * The length of a window, in milliseconds. Units come back one by one, not at once at the end of a window.
   * @default 60_000
   */
  window?: number;
  /**
   * How many units a key can spend at once after a quiet time.
   * @default limit
   */
  burst?: number;
  /**
   * What is limited.
   * @default byIp()
   */
  key?: RateLimitKey;
  /**
   * How many units a request costs, an integer from 1 to `burst`.
   * @default 1
   */
  cost?: number;
  /**
   * Which processes count together: `"worker"`, each process for itself; `"program"`, all workers of this program;
   * `"everywhere"`, all programs on the same store, with a package such as `@packetron/redis`; without one the same as
   * `"program"`.
   * @default "program"
   */
  scope?: RateLimitScope;
  /**
   * What happens while the processes cannot count together, because the primary or the store does not answer. `"local"`:
   * each counts its share for itself; `"open"`: requests pass; `"closed"`: requests get 503.
   * @default "local"
   */
  whenDown?: "local" | "open" | "closed";
  /**
   * Headers of limited requests, of those that pass, too: `"draft-10"`, `RateLimit` and `RateLimit-Policy` of
   * draft-ietf-httpapi-ratelimit-headers-10; `"legacy"`, `X-RateLimit-Limit`, `-Remaining` and `-Reset` in seconds since
   * 1970; `false`, none. A 429 has `Retry-After` in any case.
   * @default "draft-10"
   */
  headers?: "draft-10" | "legacy" | false;
}

/** An option `rateLimit` that has been checked, with its defaults. */
export type RateLimitSettings = Required<RateLimitOptions>;

const KNOWN: readonly string[] = ["limit", "window", "burst", "key", "cost", "scope", "whenDown", "headers"];

/** A window of 30 days. Beyond it the microseconds of the arithmetic lose precision. */
const MAX_WINDOW = 30 * 24 * 60 * 60 * 1_000;

const MAX_UNITS = 1_000_000_000;

/**
 * Checks the value of an option `rateLimit` and fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function resolveSettings(value: unknown): RateLimitSettings {
  assertOptions("rateLimit", value, KNOWN, "false, or an object such as { limit: 100, window: 60_000 }");
  const limit = readInteger("limit", value["limit"], 1, MAX_UNITS);
  const burst = readInteger("burst", value["burst"] ?? limit, 1, MAX_UNITS);
  return {
    limit,
    window: readInteger("window", value["window"] ?? 60_000, 1, MAX_WINDOW, " of milliseconds"),
    burst,
    key: readKey(value["key"] ?? byIp()),
    cost: readInteger(
      "cost",
      value["cost"] ?? 1,
      1,
      burst,
      ", because a request that costs more than burst never passes",
    ),
    scope: readWord("scope", value["scope"] ?? "program", ["worker", "program", "everywhere"]),
    whenDown: readWord("whenDown", value["whenDown"] ?? "local", ["local", "open", "closed"]),
    headers: readHeaders(value["headers"] ?? "draft-10"),
  };
}

function readHeaders(value: unknown): RateLimitSettings["headers"] {
  return value === false ? false : readWord<"draft-10" | "legacy">("headers", value, ["draft-10", "legacy"]);
}

function readInteger(part: string, value: unknown, least: number, most: number, why = ""): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  throw optionError(`rateLimit.${part}`, value, `an integer from ${least} to ${most}${why}`);
}

function readKey(value: unknown): RateLimitKey {
  if (!isKey(value))
    throw optionError(
      "rateLimit.key",
      value,
      "byIp(), byHeader(name), or a function (request) => text or null",
    );
  return value;
}

function isKey(value: unknown): value is RateLimitKey {
  return typeof value === "function";
}

function readWord<Word extends string>(part: string, value: unknown, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found === undefined)
    throw optionError(`rateLimit.${part}`, value, words.map((word) => JSON.stringify(word)).join(" or "));
  return found;
}
