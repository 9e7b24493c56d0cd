/** Writes the page of the docs as Markdown. */
import { SUBJECT } from "../harness/contestants.ts";
import type { Verdict } from "./judge.ts";
import type { ScenarioResult } from "./result.ts";
import { summarise } from "./summary.ts";
import { cellsOf, toMarkdown } from "./table.ts";
import { describeRun, SUBJECT_TITLE } from "./terminal.ts";

/** The page: the method, the targets, the chart, and a table for each scenario. */
export function writePage(results: readonly ScenarioResult[], verdicts: readonly Verdict[]): string {
  return [
    "# Benchmarks",
    "<!-- Written by `pnpm bench`; edit benchmarks/report/page.ts instead. -->",
    introduction(results),
    ...(results.length === 0 ? [] : ["![CPU time of each contestant, scenario by scenario](chart.svg)"]),
    "## Figures to reach",
    `What ${SUBJECT_TITLE} needs, divided by what the peer needs: the median of the ratios of each round, in brackets the lowest and the highest. The lines in nanoseconds are what a gate adds to a call, by \`pnpm bench:micro\`.`,
    toMarkdown(verdictCells(verdicts)),
    "## Scenarios",
    ...results.flatMap(section),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

function introduction(results: readonly ScenarioResult[]): string {
  if (results.length === 0) return "Nothing has been measured yet: `npx -y pnpm@12 bench` writes this page.";
  const runs = [
    ...new Set(
      results.map(
        ({ environment }) =>
          `Packetron at ${environment.commit}; ${describeRun({ ...environment, date: environment.date.slice(0, 10) })}; ${environment.rounds} rounds of ${environment.duration} s${environment.quick ? " (a quick run: not to be believed)" : ""}`,
      ),
    ),
  ];
  return [
    "Measured by `npx -y pnpm@12 bench`; [how](../../benchmarks/README.md). The first figure is the CPU time that all processes of the server need, user and system, as the operating system accounts it: median, and in brackets the lowest and the highest round. In the last column is what Packetron needs, divided by what the peer of the line needs: below 1 Packetron needs less.",
    ...runs.map((run) => `- ${run}`),
  ].join("\n\n");
}

function verdictCells(verdicts: readonly Verdict[]): string[][] {
  const words = { true: "yes", false: "**no**", null: "" };
  const rows = verdicts.map(({ title, bar, measured, reached }) => [
    title,
    bar,
    measured,
    words[`${reached}`],
  ]);
  return [["figure", "bar", "measured", "reached"], ...rows];
}

function section(result: ScenarioResult): string[] {
  const versions = result.contestants.map(
    ({ title, versions, headBytes }) => `${title}: ${versions}, head of ${headBytes} bytes`,
  );
  return [
    `### ${result.title}`,
    `${result.about} (\`--scenario ${result.scenario}\`)`,
    toMarkdown(cellsOf(summarise(result, SUBJECT), SUBJECT_TITLE)),
    ...result.skipped.map(({ name, reason }) => `Left out: ${name}: ${reason}.`),
    `<details><summary>Versions, and how long the heads of the answers are</summary>\n\n${versions.map((line) => `- ${line}`).join("\n")}\n\n</details>`,
  ];
}
