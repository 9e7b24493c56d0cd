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
  /** The subject's first metric divided by this contestant's; `null` for the subject itself, or without figures. */
  readonly ratio: Spread | null;
}

/** All rows of a scenario. */
export interface Summary {
  readonly metrics: readonly [Metric, ...Metric[]];
  /** The metric of the ratios: the first one with figures on the machine. */
  readonly compared: Metric;
  readonly rows: readonly SummaryRow[];
}

/** Summarises a result. The ratios divide the figures of `subject` by those of each other contestant. */
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
      ratio: isCompared ? ratioOf(base, contestant, compared.name) : null,
    };
  });
  return { metrics, compared, rows };
}

/** One contestant's figures divided by another's, round by round. */
export function ratioOf(subject: ContestantResult, peer: ContestantResult, metric: string): Spread | null {
  const series = ({ rounds }: ContestantResult): (number | null)[] =>
    rounds.map((round) => round[metric] ?? null);
  return ratiosOf(series(subject), series(peer));
}

function hasFigures({ contestants }: ScenarioResult, metric: string): boolean {
  return contestants.some((contestant) => known(contestant, metric).length > 0);
}

function known({ rounds }: ContestantResult, metric: string): number[] {
  return rounds.map((round) => round[metric] ?? null).filter((value) => value !== null);
}
