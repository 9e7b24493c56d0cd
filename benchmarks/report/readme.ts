/** The figures to reach, in the README of this folder: each with what the last run has measured. */
import type { Verdict } from "./judge.ts";
import { toMarkdown } from "./table.ts";

const BEGIN = "<!-- figures to reach: written by `pnpm bench` from report/bars.ts -->";
const END = "<!-- end of the figures to reach -->";

/** The table of the figures to reach, as Markdown. */
export function barsTable(verdicts: readonly Verdict[]): string {
  const words = { true: "yes", false: "**no**", null: "" };
  const rows = verdicts.map(({ title, bar, measured, reached }) => [
    title,
    bar,
    measured,
    words[`${reached}`],
  ]);
  return toMarkdown([["figure", "bar", "measured", "reached"], ...rows]);
}

/** The README with another table between the two comments. @throws Error without the comments. */
export function replaceBars(page: string, table: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`benchmarks/README.md has no ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${page.slice(end)}`;
}
