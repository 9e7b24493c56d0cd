/**
 * `pnpm bench:micro [name…]`: runs the micro-benchmarks that print nanoseconds, one process after another. A run of all
 * of them writes benchmarks/results and the figures to reach in benchmarks/README.md.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { readMicroResults, readResults } from "../report/result.ts";
import { writeBars } from "../report/write-pages.ts";

/** The names of the benchmarks. `global-data.ts` and `upload.ts` are left out, because they measure system calls. */
const NAMES = [
  ...["routes", "gates", "plugins", "ratelimit", "cookies", "query", "wire-guard", "head"],
  ...["answering", "settled", "validate"],
];

const RESULTS = join(import.meta.dirname, "..", "results");

const wanted = process.argv.slice(2).filter((name) => name !== "--");
const unknown = wanted.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`there is no ${unknown.join(", ")}; the names are ${NAMES.join(", ")}\n`);
  process.exitCode = 2;
} else {
  runAll(wanted.length === 0 ? NAMES : wanted, wanted.length === 0);
}

function runAll(names: readonly string[], isComplete: boolean): void {
  const env = isComplete ? { ...process.env, BENCHMARK_MICRO_RESULTS: RESULTS } : process.env;
  for (const name of names) {
    const program = join(import.meta.dirname, `${name}.ts`);
    const { status } = spawnSync(process.execPath, [program], { stdio: "inherit", env });
    if (status !== 0) process.exitCode = 1;
  }
  if (isComplete) writeBars(readResults(RESULTS), readMicroResults(RESULTS));
}
