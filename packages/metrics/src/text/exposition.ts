/** Writes metrics in the text formats of Prometheus: 0.0.4, and OpenMetrics 1.0. */
import type { FamilyReport, SeriesReport } from "../series/families.ts";

/** A text format. */
export interface Format {
  readonly contentType: string;
  readonly isOpenMetrics: boolean;
}

/** Prometheus text 0.0.4. */
export const TEXT: Format = { contentType: "text/plain; version=0.0.4; charset=utf-8", isOpenMetrics: false };

/** OpenMetrics 1.0. */
export const OPEN_METRICS: Format = {
  contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  isOpenMetrics: true,
};

/**
 * Writes families as text.
 *
 * @param labels Further labels of each series as text, such as `app="shop"`; `""` for none.
 */
export function writeMetrics(families: readonly FamilyReport[], format: Format, labels: string): string {
  const used = families.filter(({ series }) => series.length > 0);
  const text = used.map((family) => new FamilyText(family, format, labels).write()).join("");
  return format.isOpenMetrics ? `${text}# EOF\n` : text;
}

/** The text of one family. */
class FamilyText {
  readonly #family: FamilyReport;
  readonly #isOpen: boolean;
  readonly #labels: string;
  /** The name of the family. In OpenMetrics, that of a counter has no `_total`, and its lines have it. */
  readonly #name: string;

  constructor(family: FamilyReport, { isOpenMetrics }: Format, labels: string) {
    this.#family = family;
    this.#isOpen = isOpenMetrics;
    this.#labels = labels;
    this.#name =
      isOpenMetrics && family.kind === "counter" ? family.name.replace(/_total$/, "") : family.name;
  }

  write(): string {
    const { kind, help, series } = this.#family;
    const type = this.#isOpen && kind === "untyped" ? "unknown" : kind;
    const head = `# HELP ${this.#name} ${escapeHelp(help, this.#isOpen)}\n# TYPE ${this.#name} ${type}\n`;
    return head + series.map((each) => this.#writeSeries(each)).join("");
  }

  #writeSeries([key, values]: SeriesReport): string {
    const { kind, isRaw, bounds, name } = this.#family;
    if (bounds !== null) return this.#writeHistogram(key, values, bounds);
    const space = isRaw ? key.indexOf(" ") : -1;
    const line = isRaw ? key.slice(0, space) : name;
    const sample = this.#isOpen && kind === "counter" ? `${this.#name}_total` : line;
    return this.#line(sample, key.slice(space + 1), values[0] ?? 0);
  }

  #writeHistogram(key: string, values: Float64Array, bounds: readonly number[]): string {
    let count = 0;
    let text = "";
    for (const [index, bound] of [...bounds, Number.POSITIVE_INFINITY].entries()) {
      count += values[index] ?? 0;
      text += this.#line(`${this.#name}_bucket`, join(key, `le="${this.#bound(bound)}"`), count);
    }
    return (
      text +
      this.#line(`${this.#name}_sum`, key, values[bounds.length + 1] ?? 0) +
      this.#line(`${this.#name}_count`, key, count)
    );
  }

  #line(sample: string, key: string, value: number): string {
    const labels = join(this.#labels, key);
    return `${sample}${labels === "" ? "" : `{${labels}}`} ${numberText(value)}\n`;
  }

  /** OpenMetrics wants a bound of 1 as `1.0`. */
  #bound(bound: number): string {
    const text = numberText(bound);
    return this.#isOpen && /^-?\d+$/.test(text) ? `${text}.0` : text;
  }
}

function join(one: string, other: string): string {
  if (one === "" || other === "") return one + other;
  return `${one},${other}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value); // "NaN", "0.005", "1e-7"
}

function escapeHelp(help: string, escapesQuotes: boolean): string {
  const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return escapesQuotes ? text.replaceAll('"', '\\"') : text;
}
