import { isPacketronError } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { resolveSettings } from "../src/options.ts";

describe("the option health", () => {
  test("an empty object gives both endpoints, no checks, and the default limits", () => {
    expect(resolveSettings({})).toEqual({
      liveness: "/livez",
      readiness: "/readyz",
      checks: new Map(),
      checkTimeout: 800,
      checkMaxAge: 1000,
    });
  });

  test.each([
    ["with a leading slash", "/healthz", "/healthz"],
    ["without one", "internal/health-check_1.0~x", "/internal/health-check_1.0~x"],
    ["false: none", false, null],
    ["undefined: the default", undefined, "/livez"],
  ])("takes a path %s", (_name, liveness, expected) => {
    expect(resolveSettings({ liveness }).liveness).toBe(expected);
  });

  test.each([
    ["nothing but a slash", { liveness: "/" }, "health.liveness"],
    ["an empty path", { readiness: "" }, "health.readiness"],
    ["a pattern", { liveness: "/:probe" }, "health.liveness"],
    ["a wildcard", { liveness: "/health/*" }, "health.liveness"],
    ["a query", { liveness: "/livez?x" }, "health.liveness"],
    ["percent coding", { liveness: "/live%7A" }, "health.liveness"],
    ["dot segments", { liveness: "/../livez" }, "health.liveness"],
    ["a trailing slash", { liveness: "/livez/" }, "health.liveness"],
    ["true as a path", { liveness: true }, "health.liveness"],
    ["the same path twice", { liveness: "/health", readiness: "health" }, "health.readiness"],
    ["the default path twice", { liveness: "/readyz" }, "health.readiness"],
    ["checks in a list", { checks: [() => true] }, "health.checks"],
    ["a check that is not a function", { checks: { database: true } }, "health.checks.database"],
    ["a time limit of 0 for checks", { checkTimeout: 0 }, "health.checkTimeout"],
    ["a time in words", { checkTimeout: "1s" }, "health.checkTimeout"],
    ["a fraction", { checkMaxAge: 0.5 }, "health.checkMaxAge"],
    ["more than a timer can hold", { checkMaxAge: 2 ** 31 }, "health.checkMaxAge"],
    ["true", true, '"health"'],
    ["a path instead of an object", "/livez", '"health"'],
    ["null", null, '"health"'],
  ])("refuses %s, naming the option", (_name, value, named) => {
    expect(() => resolveSettings(value)).toThrow(named);
    expect(codeOf(() => resolveSettings(value))).toBe("PKT_OPTION_INVALID");
  });

  test("refuses an unknown name, and suggests the nearest one", () => {
    const misspelt = () => resolveSettings({ livenes: "/livez" });
    expect(misspelt).toThrow('Unknown option "health.livenes". Did you mean "liveness"?');
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
