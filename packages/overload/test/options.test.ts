import { isPacketronError } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { resolveSettings } from "../src/options.ts";

describe("the option overload", () => {
  test.each([
    [{ maxEventLoopDelay: 10 }, { maxEventLoopDelay: 10, maxRequestsInFlight: Infinity, retryAfter: 5 }],
    [{ maxRequestsInFlight: 1 }, { maxEventLoopDelay: Infinity, maxRequestsInFlight: 1, retryAfter: 5 }],
    [
      { maxEventLoopDelay: 200, maxRequestsInFlight: 1000, retryAfter: 0 },
      { maxEventLoopDelay: 200, maxRequestsInFlight: 1000, retryAfter: 0 },
    ],
  ])("%j: a missing limit is infinite, and retryAfter is 5 by default", (value, settings) => {
    expect(resolveSettings(value)).toEqual(settings);
  });

  test.each([
    ["an object without a limit", {}, '"overload"'],
    ["retryAfter without a limit", { retryAfter: 5 }, '"overload"'],
    ["true", true, '"overload"'],
    ["a list", [200], '"overload"'],
    ["null", null, '"overload"'],
    ["a delay within the imprecision of timers", { maxEventLoopDelay: 9 }, "overload.maxEventLoopDelay"],
    ["a delay in words", { maxEventLoopDelay: "200ms" }, "overload.maxEventLoopDelay"],
    ["a limit of 0 requests", { maxRequestsInFlight: 0 }, "overload.maxRequestsInFlight"],
    ["half a request", { maxRequestsInFlight: 0.5 }, "overload.maxRequestsInFlight"],
    ["NaN", { maxRequestsInFlight: Number.NaN }, "overload.maxRequestsInFlight"],
    ["Infinity", { maxRequestsInFlight: Infinity }, "overload.maxRequestsInFlight"],
    ["a negative time", { maxEventLoopDelay: 100, retryAfter: -1 }, "overload.retryAfter"],
    ["a date", { maxEventLoopDelay: 100, retryAfter: new Date(0) }, "overload.retryAfter"],
  ])("refuses %s, naming the option", (_name, value, named) => {
    expect(() => resolveSettings(value)).toThrow(named);
    expect(codeOf(() => resolveSettings(value))).toBe("PKT_OPTION_INVALID");
  });

  test("refuses an unknown name, and suggests the nearest one", () => {
    const misspelt = () => resolveSettings({ maxEventLoopLag: 100 });
    expect(misspelt).toThrow('Unknown option "overload.maxEventLoopLag". Did you mean "maxEventLoopDelay"?');
    expect(codeOf(misspelt)).toBe("PKT_OPTION_UNKNOWN");
  });
});

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return isPacketronError(error) ? error.code : undefined;
  }
  return undefined;
}
