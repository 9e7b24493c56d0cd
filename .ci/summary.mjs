// Turns Vitest's JSON report and the exit code of the test command into the closing line of `.ci/run`. Plain JavaScript
// without imports from node_modules: it also has to speak when the installation failed.
import { readFileSync } from "node:fs";

const [reportFile, status] = process.argv.slice(2);
const { passed, failed } = count(readReport());

// A red command without a failed test is a lint or type error, an unhandled rejection, or a run that never began.
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

/** A file that failed without a failed test (an import that throws, a hook) counts as one failure. */
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
