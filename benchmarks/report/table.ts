/** Formats a summary as a table: in Markdown for the docs, in columns for the terminal. */
import type { Metric } from "../measure/metrics.ts";
import type { Spread } from "../measure/statistics.ts";
import type { Summary } from "./summary.ts";

/** What a table shows. */
export interface TableStyle {
  /** Whether it has the metrics that are details. */
  readonly details: boolean;
  /** Whether the compared metric has its lowest and highest round beside the median. */
  readonly withEnds: boolean;
}

/** The cells of a summary, with the titles in the first row. The second column is the metric that is compared. */
export function cellsOf({ metrics, compared, rows }: Summary, style: TableStyle): string[][] {
  const rest = metrics.filter((metric) => metric !== compared && (style.details || metric.isDetail !== true));
  const head = ["", titleOf(compared), "relative", ...rest.map(titleOf)];
  const body = rows.map(({ title, figures, relative }) => [
    title,
    showSpread(figures[compared.name] ?? null, compared.digits, style.withEnds),
    relative === null ? "" : showSpread(relative, 2, style.withEnds),
    ...rest.map(({ name, digits }) => showSpread(figures[name] ?? null, digits, false)),
  ]);
  return [head, ...body];
}

/** The title of a metric with its unit. */
export function titleOf({ title, unit }: Metric): string {
  return unit === "" ? title : `${title}, ${unit}`;
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

/** The median as text, with the lowest and highest value if `withEnds` is true: `"11.0 (10.0 – 12.0)"`. */
export function showSpread(spread: Spread | null, digits: number, withEnds: boolean): string {
  if (spread === null) return "–";
  const { median, lowest, highest } = spread;
  const shown = showNumber(median, digits);
  return withEnds ? `${shown} (${showNumber(lowest, digits)} – ${showNumber(highest, digits)})` : shown;
}

/** A number with this many decimal digits, and a comma between thousands. */
export function showNumber(value: number, digits: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
