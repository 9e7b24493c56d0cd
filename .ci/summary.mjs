// Prints the last line of `.ci/run` from Vitest's JSON report and the exit code of the test command. JavaScript without
// imports from node_modules, because it must also run when the installation has failed.
import { readFileSync } from "node:fs";

const [reportFile, status] = process.argv.slice(2);
const { passed, failed } = count(readReport());

// A failed command without a failed test means a lint or type error, an unhandled rejection, or a run without tests.
const failures = failed === 0 && (status !== "0" || passed === 0) ? 1 : failed;
console.log(`${passed} passed, ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;

function readReport() {
  try {
    return JSON.parse(readFileSync(reportFile, "utf8"));
  } catch {
    return { testResults: [] };
  }
}

/** Counts tests. A failed file without a failed test (an import or a hook that throws) counts as one failure. */
function count(report) {
  let passed = 0;
  let failed = 0;
  for (const file of report.testResults) {
    const results = file.assertionResults.map((result) => result.status);
    const failedHere = results.filter((result) => result === "failed").length;
    passed += results.filter((result) => result === "passed").length;
    failed += failedHere === 0 && file.status === "failed" ? 1 : failedHere;
  }
  return { passed, failed };
}
