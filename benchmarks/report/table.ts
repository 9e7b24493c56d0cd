/** Formats a summary as a table: in Markdown for the docs, in columns for the terminal. */
import type { Metric } from "../measure/metrics.ts";
import type { Spread } from "../measure/statistics.ts";
import { showRatio } from "./judge.ts";
import type { Summary } from "./summary.ts";

/** The cells of a summary, with the titles in the first row. */
export function cellsOf({ metrics, compared, rows }: Summary, subjectTitle: string): string[][] {
  const head = [
    "",
    ...metrics.map(({ title, unit }) => `${title}, ${unit}`),
    `${subjectTitle}: ${compared.title}, ratio`,
  ];
  const body = rows.map(({ title, figures, ratio }) => [
    title,
    ...metrics.map((metric, index) => cell(figures[metric.name] ?? null, metric, index === 0)),
    ratio === null ? "" : showRatio(ratio),
  ]);
  return [head, ...body];
}

/** A Markdown table. The first column is text, the others are numbers. */
export function toMarkdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** A table for the terminal, in columns of equal width. */
export function toColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, cells) => cells.map((text, column) => Math.max(text.length, widest[column] ?? 0)),
    [],
  );
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((cells) => cells.map(pad).join("  ").trimEnd()).join("\n");
}

/** The median as text, with the lowest and highest value if `withEnds` is true. */
function cell(spread: Spread | null, { digits }: Metric, withEnds: boolean): string {
  if (spread === null) return "not available";
  const { median, lowest, highest } = spread;
  const shown = median.toFixed(digits);
  return withEnds ? `${shown} (${lowest.toFixed(digits)} – ${highest.toFixed(digits)})` : shown;
}
