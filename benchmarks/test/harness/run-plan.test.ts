import { expect, test } from "vitest";
import { readOptions } from "../../harness/options.ts";
import { chosenScenarios, expectedMinutes, isTrial, RESULTS, resultsFolder } from "../../harness/run-plan.ts";

test("a run for the docs is at most 40 minutes long", () => {
  // Contestants that are not installed take no time, so this is a bound only where all are.
  expect(expectedMinutes(readOptions([]))).toBeLessThan(40);
  expect(expectedMinutes(readOptions(["--rounds", "6"]))).toBeGreaterThan(
    1.5 * expectedMinutes(readOptions([])),
  );
});

test("scenarios that are not usual need --all or their name", () => {
  const names = (...args: string[]): string[] => chosenScenarios(readOptions(args)).map(({ name }) => name);
  expect(names()).not.toContain("burst-3k");
  expect(names("--all")).toContain("burst-3k");
  expect(names("--scenario", "burst-3k")).toEqual(["burst-3k"]);
});

test.each([
  [[], false],
  [["--all", "--rounds", "5", "--no-build"], false],
  [["--quick"], true],
  [["--scenario", "get-json"], true],
  [["--peer", "koa"], true],
  [["--baseline", "folder"], true],
])("%j is a trial: %j", (args, trial) => {
  const options = readOptions(args);
  expect(isTrial(options)).toBe(trial);
  expect(resultsFolder(options) === RESULTS).toBe(!trial);
});

test("--output is the folder of the results, and never removed from by itself", () => {
  const options = readOptions(["--output", RESULTS]);
  expect(resultsFolder(options)).toBe(RESULTS);
  expect(isTrial(options)).toBe(true);
});
