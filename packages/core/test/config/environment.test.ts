import { describe, expect, test } from "vitest";
import { readVariable, type Variables, variables, workerVariables } from "../../src/config/environment.ts";

type Name = keyof Variables;

describe("readVariable()", () => {
  test.each<[name: Name, text: string, value: unknown]>([
    ["PACKETRON_THREADS", "1", 1],
    ["PACKETRON_THREADS", "1024", 1024],
    ["PACKETRON_THREADS", "007", 7],
    ["PACKETRON_DISPATCH", "direct", "direct"],
    ["PACKETRON_DISPATCH", "standard", "standard"],
    ["PACKETRON_LOG", "json", "json"],
    ["PACKETRON_LOG", "JSON", "text"],
    ["PACKETRON_LOG", "pretty", "text"],
    ["PACKETRON_LOG_LEVEL", "debug", "debug"],
    ["PACKETRON_LOG_LEVEL", "WARN", "warn"],
    ["PACKETRON_LOG_LEVEL", "Silent", "silent"],
    ["PACKETRON_LOG_LEVEL", "nonsense", "info"],
    ["PACKETRON_NAME", "api", "api"],
    ["PACKETRON_CONTROL", "off", "off"],
    ["PACKETRON_CONTROL", "no", "on"],
    ["PACKETRON_DEV", "1", true],
    ["PACKETRON_DEV", "true", false],
    ["PACKETRON_WORKER", "3:100", { slot: 3, primary: 100 }],
    ["PACKETRON_WORKER", "1024:1", { slot: 1024, primary: 1 }],
    ["PACKETRON_WORKER", "0:100", undefined],
    ["PACKETRON_WORKER", "3", undefined],
    ["PACKETRON_WORKER", "3:", undefined],
    ["PACKETRON_WORKER", "3:100:1", undefined],
    ["PACKETRON_GENERATION", "12", 12],
    ["PACKETRON_GENERATION", "-1", 1],
    ["PACKETRON_GENERATION", "0", 1],
    ["PACKETRON_GENERATION", "1e3", 1],
    ["NO_COLOR", "1", true],
    ["NO_COLOR", "false", true],
    ["pm_id", "0", "0"],
  ])("reads %s=%s as %j", (name, text, value) => {
    expect(readVariable(name, { [name]: text })).toEqual(value);
  });

  test.each<[name: Name, value: unknown]>([
    ["PACKETRON_THREADS", undefined],
    ["PACKETRON_DISPATCH", undefined],
    ["PACKETRON_LOG", "text"],
    ["PACKETRON_LOG_LEVEL", "info"],
    ["PACKETRON_NAME", undefined],
    ["PACKETRON_CONTROL", "on"],
    ["PACKETRON_DEV", false],
    ["PACKETRON_WORKER", undefined],
    ["PACKETRON_GENERATION", 1],
    ["NO_COLOR", false],
    ["pm_id", undefined],
  ])("gives the default of %s, %j, when it is unset or empty", (name, value) => {
    expect(readVariable(name, {})).toEqual(value);
    expect(readVariable(name, { [name]: "" })).toEqual(value);
  });

  test.each<[name: Name, text: string]>([
    ["PACKETRON_THREADS", "0"],
    ["PACKETRON_THREADS", "1025"],
    ["PACKETRON_THREADS", "1.5"],
    ["PACKETRON_THREADS", "two"],
    ["PACKETRON_DISPATCH", "Direct"],
    ["PACKETRON_DISPATCH", "node"],
  ])("refuses %s=%s with the valid values", (name, text) => {
    expect(() => readVariable(name, { [name]: text })).toThrow(
      expect.objectContaining({
        code: "PKT_OPTION_INVALID",
        message: `Option "${name}": got "${text}", expected ${variables[name].values}.`,
      }),
    );
  });
});

test("a worker reads back what its primary sets", () => {
  const environment = workerVariables(7, 3);
  expect(readVariable("PACKETRON_WORKER", environment)).toEqual({ slot: 7, primary: process.pid });
  expect(readVariable("PACKETRON_GENERATION", environment)).toBe(3);
});
