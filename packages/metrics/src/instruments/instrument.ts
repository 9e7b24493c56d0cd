/** The common base of counters, gauges and histograms: finds the series of labels. */
import { showValue } from "@packetron/core/capability";
import { metricsError } from "../errors.ts";
import type { SeriesTable } from "../series/series-table.ts";

/** A value of a label. */
export type LabelValue = string | number | boolean;

/** Labels by name. A label that is left out is empty, which is the same as no label. */
export type Labels<Label extends string> = Readonly<Partial<Record<Label, LabelValue>>>;

/** A metric of the program. */
export abstract class Instrument<Label extends string> {
  /** The name of the metric. */
  readonly name: string;
  readonly #table: SeriesTable;
  readonly #names: ReadonlySet<string>;

  /** @internal */
  constructor(table: SeriesTable) {
    this.name = table.family.name;
    this.#table = table;
    this.#names = new Set(table.labels);
  }

  /**
   * The values of the series of some labels.
   *
   * @throws PKT_METRICS_LABEL @internal
   */
  protected find(labels: Labels<Label> | undefined): Float64Array {
    const byName: Readonly<Record<string, LabelValue | undefined>> = labels ?? NONE;
    for (const label in byName) if (!this.#names.has(label)) throw this.#unknown(label);
    return this.#table.of(this.#table.labels.map((label) => String(byName[label] ?? "")));
  }

  /** @internal */
  protected wrong(received: unknown, expected: string): Error {
    return metricsError("PKT_METRICS_VALUE", { name: this.name, received: showValue(received), expected });
  }

  #unknown(label: string): Error {
    const known = [...this.#names].join(", ") || "none";
    return metricsError("PKT_METRICS_LABEL", { name: this.name, label, known });
  }
}

const NONE: Readonly<Record<string, never>> = Object.freeze({});

/** Splits the arguments of calls such as `inc(labels, by)`, which may leave out the labels, the number, or both. */
export function splitArguments<Label extends string>(
  first: Labels<Label> | number | undefined,
  second: number | undefined,
  fallback: number,
): readonly [labels: Labels<Label> | undefined, value: number] {
  return typeof first === "number" ? [undefined, first] : [first, second ?? fallback];
}
