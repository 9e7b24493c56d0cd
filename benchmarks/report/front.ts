/** The figures of the front page, `docs/index.md`: one panel of bars, and the rows of its table that are measured. */
import { SUBJECT } from "../harness/contestants.ts";
import { type Panel, panelOf } from "./chart.ts";
import type { ScenarioResult } from "./result.ts";
import { summarise } from "./summary.ts";
import { showNumber, titleOf } from "./table.ts";

/** The columns of the table, which are the bars of the picture as well: the contestants, and their names on the page. */
const COLUMNS: ReadonlyMap<string, string> = new Map([
  [SUBJECT, "Packetron"],
  ["fastify", "Fastify"],
  ["express", "Express"],
  ["hono", "Hono"],
  ["bun", "Bun.serve"],
]);

/** The scenarios of the table. The first is that of the picture. */
const SCENARIOS: readonly string[] = ["get-json", "browser", "params", "post-150", "startup", "memory"];

const NOT_MEASURED = "–";

/** The panel of the picture; empty without a result of its scenario. */
export function frontPanel(results: readonly ScenarioResult[]): Panel[] {
  const result = results.find(({ scenario }) => scenario === SCENARIOS[0]);
  if (result === undefined) return [];
  const contestants = result.contestants
    .filter(({ name }) => COLUMNS.has(name))
    .map((contestant) => ({ ...contestant, title: COLUMNS.get(contestant.name) ?? contestant.title }));
  return [panelOf({ ...result, contestants }, SUBJECT)];
}

/** The measured rows of the table, as Markdown: a scenario, the medians, and nothing for PM2, which answers no requests. */
export function frontTable(results: readonly ScenarioResult[]): string {
  const measured = SCENARIOS.flatMap((name) => results.filter(({ scenario }) => scenario === name));
  return measured.map((result) => `| ${[...cells(result), NOT_MEASURED].join(" | ")} |`).join("\n");
}

/** The page with other measured rows: those whose first cell has a link to the benchmarks. */
export function replaceTable(page: string, rows: string): string {
  const isMeasured = /(?:^\| \[[^\]]+\]\(benchmarks\/README\.md#[^)]+\).*\n)+/m;
  return page.replace(isMeasured, () => `${rows}\n`);
}

function cells(result: ScenarioResult): string[] {
  const { compared, rows } = summarise(result, SUBJECT);
  const figures = [...COLUMNS.keys()].map((column) => {
    const median = rows.find(({ name }) => name === column)?.figures[compared.name]?.median;
    return median === undefined ? NOT_MEASURED : showNumber(median, compared.digits);
  });
  const anchor = result.title
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
  return [`[${result.title}](benchmarks/README.md#${anchor}): ${titleOf(compared)}`, ...figures];
}
