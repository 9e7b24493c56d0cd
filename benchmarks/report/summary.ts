/** Summarises a result in rows, for the tables, the chart and the targets. */
import { type Metric, metricsOf } from "../measure/metrics.ts";
import { ratiosOf, type Spread, spreadOf } from "../measure/statistics.ts";
import type { ContestantResult, ScenarioResult } from "./result.ts";

/** A contestant's row. */
export interface SummaryRow {
  readonly name: string;
  readonly title: string;
  /** The figures by the name of the metric. */
  readonly figures: Readonly<Record<string, Spread | null>>;
  /** This contestant's compared metric divided by the subject's, round by round; `null` for the subject itself, or without figures. */
  readonly relative: Spread | null;
}

/** All rows of a scenario. */
export interface Summary {
  readonly metrics: readonly [Metric, ...Metric[]];
  /** The metric of the comparison: the first one with figures on the machine. */
  readonly compared: Metric;
  readonly rows: readonly SummaryRow[];
}

/** Summarises a result. Each other contestant is compared with `subject`. */
export function summarise(result: ScenarioResult, subject: string): Summary {
  const metrics = metricsOf[result.kind];
  if (metrics === undefined) throw new Error(`${result.scenario}: unknown kind ${result.kind}`);
  const compared = metrics.find(({ name }) => hasFigures(result, name)) ?? metrics[0];
  const base = result.contestants.find(({ name }) => name === subject);
  const rows = result.contestants.map((contestant): SummaryRow => {
    const spreads = metrics.map(({ name }) => [name, spreadOf(known(contestant, name))] as const);
    const isCompared = base !== undefined && contestant.name !== subject;
    return {
      name: contestant.name,
      title: contestant.title,
      figures: Object.fromEntries(spreads),
      relative: isCompared ? ratioOf(contestant, base, compared.name) : null,
    };
  });
  return { metrics, compared, rows };
}

/** One contestant's figures divided by another's, round by round. */
export function ratioOf(one: ContestantResult, other: ContestantResult, metric: string): Spread | null {
  const series = ({ rounds }: ContestantResult): (number | null)[] =>
    rounds.map((round) => round[metric] ?? null);
  return ratiosOf(series(one), series(other));
}

function hasFigures({ contestants }: ScenarioResult, metric: string): boolean {
  return contestants.some((contestant) => known(contestant, metric).length > 0);
}

function known({ rounds }: ContestantResult, metric: string): number[] {
  return rounds.map((round) => round[metric] ?? null).filter((value) => value !== null);
}
