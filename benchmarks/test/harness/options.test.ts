import { describe, expect, test } from "vitest";
import { HELP, readOptions, UsageError } from "../../harness/options.ts";

test("without arguments the usual scenarios and contestants are measured, in three rounds", () => {
  expect(readOptions([])).toMatchObject({
    action: "run",
    scenarios: [],
    peers: [],
    all: false,
    rounds: 3,
    quick: false,
    load: null,
  });
});

test("names may be given several times, and a leading -- from pnpm is ignored", () => {
  const options = readOptions(["--", "--scenario", "get-json", "--scenario", "browser", "--peer", "bun"]);
  expect(options).toMatchObject({ scenarios: ["get-json", "browser"], peers: ["bun"] });
});

test("--quick sets short rounds, unless the numbers are given", () => {
  expect(readOptions(["--quick"])).toMatchObject({ rounds: 2, duration: 1 });
  expect(readOptions(["--quick", "--rounds", "7", "--duration", "2"])).toMatchObject({
    rounds: 7,
    duration: 2,
  });
});

test("--packages needs no build", () => {
  expect(readOptions([]).build).toBe(true);
  expect(readOptions(["--packages", "somewhere"]).build).toBe(false);
  expect(readOptions(["--no-build"]).build).toBe(false);
});

test.each([
  [["--help"], "help"],
  [["--list"], "list"],
  [["--report"], "report"],
  [["--stage", "somewhere"], "stage"],
])("%j is an action of its own", (args, action) => {
  expect(readOptions(args).action).toBe(action);
});

describe("invalid arguments are refused with the reason:", () => {
  test.each([
    [["--nope"], "--nope"],
    [["nope"], "nope"],
    [["--scenario", "nope"], "the names are get-json"],
    [["--peer", "nope"], "the names are packetron"],
    [["--rounds", "0"], "expected a number above 0"],
    [["--duration", "soon"], "expected a number above 0"],
    [["--load", "ab"], "expected wrk or autocannon"],
    [["--scenario"], "--scenario"],
  ])("%j", (args, reason) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(reason);
  });
});

test("the help names every option", () => {
  for (const option of [
    "scenario",
    "peer",
    "all",
    "rounds",
    "duration",
    "quick",
    "load",
    "report",
    "list",
    "help",
  ])
    expect(HELP).toContain(`--${option}`);
});
