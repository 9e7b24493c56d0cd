/** Makes the benchmark docs from the results. All figures in them are written here. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SUBJECT } from "../harness/contestants.ts";
import { scenarios } from "../scenarios/index.ts";
import { microBars, ratioBars } from "./bars.ts";
import { drawChart, panelOf } from "./chart.ts";
import { judgeMicro, judgeRatio } from "./judge.ts";
import { writePage } from "./page.ts";
import type { MicroResult, ScenarioResult } from "./result.ts";

const DOCS = join(import.meta.dirname, "..", "..", "docs", "benchmarks");

/** Writes `docs/benchmarks/README.md` and its chart. */
export function writePages(results: readonly ScenarioResult[], micro: readonly MicroResult[]): void {
  const ordered = scenarios.flatMap(({ name }) => results.filter(({ scenario }) => scenario === name));
  const verdicts = [
    ...ratioBars.map((bar) => judgeRatio(bar, ordered, SUBJECT)),
    ...microBars.map((bar) => judgeMicro(bar, micro)),
  ];
  mkdirSync(DOCS, { recursive: true });
  writeFileSync(join(DOCS, "README.md"), writePage(ordered, verdicts));
  if (ordered.length === 0) return;
  const panels = ordered.map((result) => panelOf(result, SUBJECT));
  writeFileSync(
    join(DOCS, "chart.svg"),
    drawChart(panels, "What a server needs: medians of a run of pnpm bench"),
  );
}
