/** Tests of the last line of `.ci/run`, which depends on Vitest's report and the exit code of the test command. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../_packages.ts";

const passed = {
  status: "passed",
  assertionResults: [{ status: "passed" }, { status: "passed" }, { status: "skipped" }],
};
const failed = { status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] };
const broken = { status: "failed", assertionResults: [] };

test.for([
  { title: "all tests pass", files: [passed, passed], command: 0, line: "4 passed, 0 failed", code: 0 },
  { title: "a test fails", files: [passed, failed], command: 1, line: "3 passed, 1 failed", code: 1 },
  {
    title: "a file cannot be loaded",
    files: [passed, broken],
    command: 1,
    line: "2 passed, 1 failed",
    code: 1,
  },
  {
    title: "an error is outside all tests",
    files: [passed],
    command: 1,
    line: "2 passed, 1 failed",
    code: 1,
  },
  { title: "no test ran", files: [], command: 0, line: "0 passed, 1 failed", code: 1 },
  {
    title: "no report exists, as after a type error",
    files: null,
    command: 2,
    line: "0 passed, 1 failed",
    code: 1,
  },
])("prints “$line” when $title", ({ files, command, line, code }) => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-summary-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const report = join(folder, "report.json");
  if (files !== null) writeFileSync(report, JSON.stringify({ testResults: files }));

  const summary = spawnSync(process.execPath, [join(root, ".ci/summary.mjs"), report, String(command)]);

  expect(summary.stdout.toString()).toBe(`${line}\n`);
  expect(summary.status).toBe(code);
});
