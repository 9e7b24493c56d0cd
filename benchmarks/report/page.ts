/** Writes the page of the docs as Markdown. */
import { SUBJECT } from "../harness/contestants.ts";
import type { Environment } from "../harness/environment.ts";
import type { Metric } from "../measure/metrics.ts";
import { writeAnswer } from "./answer.ts";
import type { ScenarioResult } from "./result.ts";
import { type Summary, summarise } from "./summary.ts";
import { cellsOf, showNumber, showSpread, titleOf, toMarkdown } from "./table.ts";

/** The tables that are not folded: medians alone. */
const PAGE = { details: false, withEnds: false } as const;

const NOTE = "<!-- Written by `pnpm bench`; edit benchmarks/report/page.ts instead. -->";

/** The page: the answer, a picture, and a table for each scenario. Everything else is folded. */
export function writePage(results: readonly ScenarioResult[]): string {
  const [first] = results;
  const answer = writeAnswer(
    results.find(({ scenario }) => scenario === "get-json"),
    SUBJECT,
  );
  const parts =
    first === undefined
      ? ["Nothing has been measured yet: `npx -y pnpm@12 bench` writes this page."]
      : [
          ...(answer === null ? [] : [`**${answer}**`]),
          "![CPU time of each contestant in three scenarios](chart.svg)",
          introduction(first.environment),
          ...results.flatMap(section),
        ];
  return `${["# Benchmarks", NOTE, ...parts].join("\n\n")}\n`;
}

function introduction({ rounds, quick, ...environment }: Environment): string {
  const { date, commit, node, cpu, cores, system, load, placement, duration } = environment;
  const warning = quick ? "**A quick run: these figures are not reliable.** " : "";
  const method = `${warning}Medians of ${rounds} rounds on one core; less CPU time is better. *Relative*: the first figure divided by Packetron's in the same round. *p99 at 70 % load*: the server gets 70 % of the requests that it can carry, or that the paced load can, at equal intervals, and 99 % of the answers are there within this time.`;
  const facts = [
    `Packetron at commit ${commit}, measured on ${date.slice(0, 10)}`,
    `Node ${node}; ${cpu}, ${cores} cores; ${system}`,
    `${placement}; load by ${load}, ${duration} s in each round`,
    "CPU time is that of all processes of the server, user and system, as the operating system accounts it",
    "The load comes from the same machine over the loopback interface",
    "[Method, contestants and commands](../../benchmarks/README.md)",
  ];
  return `${method}\n\n${fold("Machine and method", list(facts))}`;
}

function section(result: ScenarioResult): string[] {
  const summary = summarise(result, SUBJECT);
  return [
    `## ${result.title}`,
    result.about,
    toMarkdown(emphasise(cellsOf(summary, PAGE), summary)),
    fold("Each round, other figures, and versions", details(result, summary)),
  ];
}

/** The table with the subject's row in bold. The subject is compared with itself, too. */
function emphasise([head = [], ...body]: string[][], { rows }: Summary): string[][] {
  const cells = body.map((row, index) =>
    rows[index]?.name === SUBJECT ? row.map((text, column) => `**${column === 2 ? "1.00" : text}**`) : row,
  );
  return [head, ...cells];
}

function details(result: ScenarioResult, summary: Summary): string {
  const { contestants, skipped, scenario, environment } = result;
  const { metrics } = summary;
  const others = metrics.filter(({ isDetail }) => isDetail === true);
  return [
    "Each round:",
    toMarkdown(
      roundsOf(
        result,
        metrics.filter(({ isDetail }) => isDetail !== true),
      ),
    ),
    ...(others.length === 0 ? [] : ["Other figures, medians:", toMarkdown(mediansOf(summary, others))]),
    list([
      ...contestants.map(
        ({ title, versions, headBytes }) => `${title}: ${versions}, head of ${headBytes} bytes`,
      ),
      ...skipped.map(({ name, reason }) => `Left out: ${name}: ${reason}`),
      `Load by ${environment.load}; only this scenario: \`npx -y pnpm@12 bench --scenario ${scenario}\``,
    ]),
  ].join("\n\n");
}

/** A table with the figures of all rounds in each cell. */
function roundsOf({ contestants }: ScenarioResult, metrics: readonly Metric[]): string[][] {
  const show = (value: number | null | undefined, digits: number): string =>
    value === null || value === undefined ? "–" : showNumber(value, digits);
  const body = contestants.map(({ title, rounds }) => [
    title,
    ...metrics.map(({ name, digits }) => rounds.map((round) => show(round[name], digits)).join(" · ")),
  ]);
  return [["", ...metrics.map(titleOf)], ...body];
}

function mediansOf({ rows }: Summary, metrics: readonly Metric[]): string[][] {
  const body = rows.map(({ title, figures }) => [
    title,
    ...metrics.map(({ name, digits }) => showSpread(figures[name] ?? null, digits, false)),
  ]);
  return [["", ...metrics.map(titleOf)], ...body];
}

function fold(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
