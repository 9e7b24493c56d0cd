/** Makes the benchmark docs from the results. All figures in them are written here. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SUBJECT } from "../harness/contestants.ts";
import { scenarios } from "../scenarios/index.ts";
import { microBars, ratioBars } from "./bars.ts";
import { drawChart, panelOf } from "./chart.ts";
import { frontPanel, frontTable, replaceTable } from "./front.ts";
import { judgeMicro, judgeRatio } from "./judge.ts";
import { writePage } from "./page.ts";
import type { MicroResult, ScenarioResult } from "./result.ts";

const DOCS = join(import.meta.dirname, "..", "..", "docs", "benchmarks");

const NARROW = { width: 520, labels: 90 };
const FRONT_PAGE = join(DOCS, "..", "index.md");

/** Writes `docs/benchmarks/README.md` and its chart, and the picture and the figures of the front page. */
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
  writeFileSync(
    join(DOCS, "front.svg"),
    drawChart(frontPanel(ordered), "One core of a server, medians", NARROW),
  );
  writeFileSync(FRONT_PAGE, replaceTable(readFileSync(FRONT_PAGE, "utf8"), frontTable(ordered)));
}
