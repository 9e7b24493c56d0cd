/** The option `overload`: its parts, their defaults and checks. */
import { assertOptions, optionError } from "@packetron/core/capability";

/** The value of `new Packetron({ overload: … })`; at least one of the two limits is required. */
export interface OverloadOptions {
  /**
   * Longest turn of the event loop, and longest wait of a request for its turn, in milliseconds, 10 or more. While they
   * take longer, the worker refuses requests.
   * @default no limit
   */
  maxEventLoopDelay?: number;
  /**
   * Greatest number of requests that a worker handles at the same time, 1 or more. It refuses further requests.
   * @default no limit
   */
  maxRequestsInFlight?: number;
  /**
   * The value of the header `Retry-After` in refused answers, in seconds.
   * @default 5
   */
  retryAfter?: number;
}

/** The option `overload` with every default filled in; `Infinity` means no limit. */
export type OverloadSettings = Readonly<Required<OverloadOptions>>;

interface Range {
  readonly low: number;
  readonly fallback: number;
  readonly expected: string;
}

/** The range and the default of each part. Delays below 10 ms are the normal imprecision of timers. */
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
 * Checks the value of the option `overload` and fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function resolveSettings(value: unknown): OverloadSettings {
  const example = "an object with maxEventLoopDelay, maxRequestsInFlight or both";
  assertOptions("overload", value, Object.keys(RANGES), example);
  // A program that sets the option expects protection, but without a limit it would get none.
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
