import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { fixtureFile } from "./_fixture-file.ts";

test("under node:test, a good parser passes both suites and the process ends with code 0", async () => {
  const { code, report } = await _runSuites("good");
  expect(report).toMatch(/^# fail 0$/m);
  expect(report).toMatch(/^ {4}ok \d+ - a map: sent byte by byte, it gives its value$/m);
  expect(report).toMatch(/^ {4}ok \d+ - install\(\) is synchronous, and makes no claims later$/m);
  expect(code).toBe(0);
});

test("under node:test, a broken parser fails and the process ends with code 1", async () => {
  const { code, report } = await _runSuites("broken");
  expect(report).toMatch(/^ {4}not ok \d+ - a map: sent whole, it gives its value$/m);
  expect(code).toBe(1);
});

/** Runs the fixture, and returns its exit code and TAP report. */
function _runSuites(parser: "good" | "broken"): Promise<{ code: number; report: string }> {
  const args = ["--test-reporter=tap", fixtureFile("core/conformance-suites")];
  // With NODE_TEST_CONTEXT, the process would report in the format of a child of `node --test`.
  const env = { ...process.env, PARSER: parser, NODE_TEST_CONTEXT: undefined };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env, timeout: 15_000 }, (_error, report) => {
      resolve({ code: child.exitCode ?? -1, report });
    });
  });
}
