/** Makes sure that the docs show one run at one commit: figures of different states must not stand beside each other. */
import type { BusyProcess } from "../measure/other-load.ts";
import type { ScenarioResult } from "./result.ts";

/** The docs cannot be made from these results. The message has the cure. */
export class RunsError extends Error {}

/** @throws RunsError when the results are from more than one commit. */
export function requireOneRun(results: readonly ScenarioResult[]): void {
  const commits = new Set(results.map(({ environment }) => environment.commit));
  if (commits.size <= 1) return;
  const lines = [...commits].map((commit) => {
    const group = results.filter(({ environment }) => environment.commit === commit);
    const dates = new Set(group.map(({ environment }) => environment.date.slice(0, 10)));
    return `  ${commit}, ${[...dates].join(", ")}: ${group.map(({ scenario }) => scenario).join(", ")}`;
  });
  throw new RunsError(
    `the results are from ${commits.size} commits, and the docs show one run at one commit:\n${lines.join("\n")}\n` +
      "Measure everything again with `pnpm bench`. To replace single scenarios, check out the commit of the others, run\n" +
      "`pnpm bench --scenario <name> --output benchmarks/results`, and then `pnpm bench --report`.",
  );
}

/** @throws RunsError when the measured files have changed since the commit. */
export function requireCommit(commit: string): void {
  if (commit.endsWith("+"))
    throw new RunsError(
      "packages/ or benchmarks/ have changed since the last commit, and the docs name the commit of their figures.\n" +
        "Commit or stash the changes first. `pnpm bench --output <folder>` measures them as they are.",
    );
}

/** @throws RunsError when other programs use the CPU. */
export function requireIdle(others: readonly BusyProcess[]): void {
  if (others.length === 0) return;
  const lines = others.map(
    ({ pid, name, share }) => `  process ${pid}, ${name}: ${Math.round(share * 100)} % of a core`,
  );
  throw new RunsError(
    `other programs use the CPU, and the figures would not be true:\n${lines.join("\n")}\n` +
      "End them first. `pnpm bench --output <folder>` measures beside them.",
  );
}
