import { expect, test } from "vitest";
import { RunsError, requireCommit, requireIdle, requireOneRun } from "../../report/one-run.ts";
import { barsTable, replaceBars } from "../../report/readme.ts";
import type { ScenarioResult } from "../../report/result.ts";
import { makeResult } from "./_results.ts";

test("results of one commit are accepted, and no results", () => {
  expect(() => requireOneRun([at("a", "get-json"), at("a", "browser")])).not.toThrow();
  expect(() => requireOneRun([])).not.toThrow();
});

test("results of two commits are refused, with the scenarios of each and the cure", () => {
  const refuse = (): void => requireOneRun([at("a", "get-json"), at("b", "browser"), at("a", "params")]);
  expect(refuse).toThrow(RunsError);
  expect(refuse).toThrow("  a, 2026-11-23: get-json, params\n  b, 2026-11-23: browser\n");
  expect(refuse).toThrow("--output benchmarks/results");
});

test("a run for the docs is refused while files are changed", () => {
  expect(() => requireCommit("abcdef0")).not.toThrow();
  expect(() => requireCommit("abcdef0+")).toThrow("Commit or stash the changes first");
});

test("a run for the docs is refused beside programs that use the CPU, which are named", () => {
  expect(() => requireIdle([])).not.toThrow();
  const busy = [{ pid: 7, name: "bash loop.sh", share: 0.984 }];
  expect(() => requireIdle(busy)).toThrow("  process 7, bash loop.sh: 98 % of a core\nEnd them first");
});

test("the figures to reach replace the earlier ones in the README", () => {
  const verdict = { title: "A figure", bar: "≤ 1", measured: "1.10", reached: false };
  const table = barsTable([verdict]);
  expect(table).toContain("| A figure | ≤ 1 | 1.10 | **no** |");
  const begin = "<!-- figures to reach: written by `pnpm bench` from report/bars.ts -->";
  const page = `before\n\n${begin}\n\nold\n\n<!-- end of the figures to reach -->\n\nafter\n`;
  const replaced = replaceBars(page, table);
  expect(replaced).toBe(page.replace("old", table));
  expect(replaceBars(replaced, table)).toBe(replaced);
  expect(() => replaceBars("no comments", table)).toThrow("figures to reach");
});

function at(commit: string, scenario: string): ScenarioResult {
  const result = makeResult({ packetron: [1] });
  return { ...result, scenario, environment: { ...result.environment, commit } };
}
