import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writePage } from "../../report/page.ts";
import { readMicroResults, readResults, removeResults, writeResult } from "../../report/result.ts";
import { makeResult } from "./_results.ts";

const RESULT = makeResult({ packetron: [10], fastify: [20, 21], bun: [5] });

test("the page begins with the answer and a picture", () => {
  const [head, , answer, picture] = writePage([RESULT]).split("\n\n");
  expect(head).toBe("# Benchmarks");
  expect(answer).toBe(
    "**Title of packetron answers a small GET with 10.0 µs of CPU time; Title of fastify needs 2.0 times as much and Title of bun 0.5 times.**",
  );
  expect(picture).toContain("(chart.svg)");
});

test("a scenario has a short table; every figure, versions and absent contestants are folded", () => {
  const [, section = ""] = writePage([RESULT]).split("\n## ");
  const [open, folded] = section.split("<details>");
  expect(open).toContain("| **Title of packetron** | **10.0** | **1.00** | **1,000** | **3.00** |");
  expect(open).toContain("| Title of fastify | 20.5 | 2.00 | 1,000 | 3.00 |");
  expect(folded).toContain("| Title of fastify | 20.0 · 21.0 | 1,000 · 1,000 | 3.00 · 3.00 |");
  expect(folded).toContain("p50 at full load, ms");
  expect(folded).toContain("- Title of fastify: fastify 1.0, head of 171 bytes");
  expect(folded).toContain("- Left out: bun: not installed: bun");
});

test("the commit, the date and the machine are named once", () => {
  const page = writePage([RESULT, { ...RESULT, scenario: "browser" }]);
  expect(page.match(/commit abcdef0, measured on 2026-11-23/g)).toHaveLength(1);
  expect(page).toContain("Node 24.0.0; A CPU, 2 cores");
});

test("the page without results has no figures, and the command that makes them", () => {
  const page = writePage([]);
  expect(page).toContain("Nothing has been measured yet");
  expect(page).not.toContain("chart.svg");
});

test("a written result is read back, and removed; micro-benchmarks have separate files", () => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-results-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const result = makeResult({ packetron: [10, null] });
  writeResult(folder, result);
  writeFileSync(join(folder, "micro-gates.json"), JSON.stringify({ name: "gates", rows: [] }));
  expect(readResults(folder)).toEqual([result]);
  expect(readMicroResults(folder)).toEqual([{ name: "gates", rows: [] }]);
  removeResults(folder);
  expect(readResults(folder)).toEqual([]);
  expect(readMicroResults(folder)).toHaveLength(1);
});

test("a folder that does not exist has no results", () => {
  expect(readResults(join(tmpdir(), "packetron-no-such-folder"))).toEqual([]);
});
