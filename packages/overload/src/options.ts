/** The option `overload`: its parts, their defaults and checks. */
import { assertOptions, optionError } from "@packetron/core";

/** What `new Packetron({ overload: … })` takes: at least one of the two limits. */
export interface OverloadOptions {
  /**
   * Longest turn of the event loop, in milliseconds, 10 or more. While turns take longer, requests are refused.
   * @default no limit
   */
  maxEventLoopDelay?: number;
  /**
   * Most requests that a worker handles at the same time, 1 or more; those that come on top are refused.
   * @default no limit
   */
  maxRequestsInFlight?: number;
  /**
   * What `Retry-After` asks of the refused, in seconds.
   * @default 5
   */
  retryAfter?: number;
}

/** The options with every default filled in; `Infinity` is no limit. */
export type OverloadSettings = Readonly<Required<OverloadOptions>>;

interface Range {
  readonly low: number;
  readonly fallback: number;
  readonly expected: string;
}

/** A shorter delay than 10 ms is within what timers are late by anyway. */
const RANGES: Readonly<Record<keyof OverloadSettings, Range>> = {
  maxEventLoopDelay: {
    low: 10,
    fallback: Number.POSITIVE_INFINITY,
    expected: "an integer number of milliseconds, 10 or more",
  },
  maxRequestsInFlight: {
    low: 1,
    fallback: Number.POSITIVE_INFINITY,
    expected: "an integer number of requests, 1 or more",
  },
  retryAfter: { low: 0, fallback: 5, expected: "an integer number of seconds, 0 or more" },
};

/**
 * Fills in the defaults and checks what was given.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function resolveSettings(value: unknown): OverloadSettings {
  const example = "an object with maxEventLoopDelay, maxRequestsInFlight or both";
  assertOptions("overload", value, Object.keys(RANGES), example);
  // Whoever writes the option wants to be protected; without a limit nothing would be.
  if (value["maxEventLoopDelay"] === undefined && value["maxRequestsInFlight"] === undefined)
    throw optionError("overload", value, example);
  return {
    maxEventLoopDelay: readInteger("maxEventLoopDelay", value),
    maxRequestsInFlight: readInteger("maxRequestsInFlight", value),
    retryAfter: readInteger("retryAfter", value),
  };
}

function readInteger(name: keyof OverloadSettings, values: Readonly<Record<string, unknown>>): number {
  const { low, fallback, expected } = RANGES[name];
  const value = values[name];
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < low)
    throw optionError(`overload.${name}`, value, expected);
  return value;
}
