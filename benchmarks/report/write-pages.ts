/** Makes the benchmark docs from the results. All figures in them are written here. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SUBJECT } from "../harness/contestants.ts";
import { scenarios } from "../scenarios/index.ts";
import { microBars, ratioBars } from "./bars.ts";
import { drawChart, panelOf } from "./chart.ts";
import { frontPanel, frontTable, replaceTable } from "./front.ts";
import { judgeMicro, judgeRatio } from "./judge.ts";
import { requireOneRun } from "./one-run.ts";
import { writePage } from "./page.ts";
import { barsTable, replaceBars } from "./readme.ts";
import type { MicroResult, ScenarioResult } from "./result.ts";

const DOCS = join(import.meta.dirname, "..", "..", "docs", "benchmarks");
const FRONT_PAGE = join(DOCS, "..", "index.md");
const README = join(import.meta.dirname, "..", "README.md");

/** The scenarios of the picture. */
export const PICTURE: readonly string[] = ["get-json", "validate-150", "async"];

/**
 * Writes `docs/benchmarks/README.md` and its picture, the picture and the figures of the front page, and the figures to
 * reach in `benchmarks/README.md`.
 *
 * @throws RunsError when the results are from more than one commit.
 */
export function writePages(results: readonly ScenarioResult[], micro: readonly MicroResult[]): void {
  requireOneRun(results);
  const ordered = scenarios.flatMap(({ name }) => results.filter(({ scenario }) => scenario === name));
  writeBars(ordered, micro);
  mkdirSync(DOCS, { recursive: true });
  writeFileSync(join(DOCS, "README.md"), writePage(ordered));
  if (ordered.length === 0) return;
  const panels = ordered
    .filter(({ scenario }) => PICTURE.includes(scenario))
    .map((result) => panelOf(result, SUBJECT));
  writeFileSync(join(DOCS, "chart.svg"), drawChart(panels, "One core of a server, medians"));
  writeFileSync(join(DOCS, "front.svg"), drawChart(frontPanel(ordered), "One core of a server, medians"));
  writeFileSync(FRONT_PAGE, replaceTable(readFileSync(FRONT_PAGE, "utf8"), frontTable(ordered)));
}

/** Writes the figures to reach in `benchmarks/README.md`. */
export function writeBars(results: readonly ScenarioResult[], micro: readonly MicroResult[]): void {
  const verdicts = [
    ...ratioBars.map((bar) => judgeRatio(bar, results, SUBJECT)),
    ...microBars.map((bar) => judgeMicro(bar, micro)),
  ];
  writeFileSync(README, replaceBars(readFileSync(README, "utf8"), barsTable(verdicts)));
}
