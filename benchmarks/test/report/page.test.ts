import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writePage } from "../../report/page.ts";
import { readMicroResults, readResults, writeResult } from "../../report/result.ts";
import { makeResult } from "./_results.ts";

const VERDICT = { title: "A figure", bar: "≤ 1", measured: "1.10", reached: false };

test("the page has machine, versions, targets, tables, and the contestants that were left out", () => {
  const page = writePage([makeResult({ packetron: [10], fastify: [20] })], [VERDICT]);
  expect(page).toContain("2026-11-23, Node 24.0.0, A CPU, 2 cores, load by wrk 4");
  expect(page).toContain("| A figure | ≤ 1 | 1.10 | **no** |");
  expect(page).toContain("| Title of fastify | 20.0 (20.0 – 20.0) |");
  expect(page).toContain("Left out: bun: not installed: bun.");
  expect(page).toContain("- Title of fastify: fastify 1.0, head of 171 bytes");
});

test("the page without results has no figures, and the command that makes them", () => {
  const page = writePage([], [{ ...VERDICT, measured: "not measured", reached: null }]);
  expect(page).toContain("Nothing has been measured yet");
  expect(page).not.toContain("chart.svg");
});

test("a written result is read back; micro-benchmarks have separate files", () => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-results-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const result = makeResult({ packetron: [10, null] });
  writeResult(folder, result);
  writeFileSync(join(folder, "micro-gates.json"), JSON.stringify({ name: "gates", rows: [] }));
  expect(readResults(folder)).toEqual([result]);
  expect(readMicroResults(folder)).toEqual([{ name: "gates", rows: [] }]);
});

test("a folder that does not exist has no results", () => {
  expect(readResults(join(tmpdir(), "packetron-no-such-folder"))).toEqual([]);
});
