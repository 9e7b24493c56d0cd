/** Compares the results with the targets. */
import { contestants } from "../harness/contestants.ts";
import { metricsOf } from "../measure/metrics.ts";
import { scenarios } from "../scenarios/index.ts";
import type { MicroBar, RatioBar } from "./bars.ts";
import type { MicroResult, ScenarioResult } from "./result.ts";
import { ratioOf } from "./summary.ts";
import { showSpread } from "./table.ts";

/** The result of a target. */
export interface Verdict {
  /** The title, such as `"GET, small JSON: CPU per request, against fastify"`. */
  readonly title: string;
  readonly bar: string;
  readonly measured: string;
  /** Whether the target is reached; `null` without a figure. */
  readonly reached: boolean | null;
}

/** Compares the ratio of the subject to a peer with a target. */
export function judgeRatio(bar: RatioBar, results: readonly ScenarioResult[], subject: string): Verdict {
  const result = results.find(({ scenario }) => scenario === bar.scenario);
  const find = (wanted: string): ScenarioResult["contestants"][number] | undefined =>
    result?.contestants.find(({ name }) => name === wanted);
  const [own, peer] = [find(subject), find(bar.against)];
  const ratio = own === undefined || peer === undefined ? null : ratioOf(own, peer, bar.metric);
  return {
    title: titleOf(bar),
    bar: `≤ ${bar.atMost}`,
    measured: ratio === null ? "not measured" : showSpread(ratio, 2, true),
    reached: ratio === null ? null : ratio.median <= bar.atMost,
  };
}

function titleOf(bar: RatioBar): string {
  const scenario = scenarios.find(({ name }) => name === bar.scenario);
  const metric = metricsOf[scenario?.kind ?? ""]?.find(({ name }) => name === bar.metric);
  const peer = contestants.find(({ name }) => name === bar.against);
  return `${scenario?.title ?? bar.scenario}: ${metric?.title ?? bar.metric}, against ${peer?.title ?? bar.against}`;
}

/** Compares a row of a micro-benchmark with a target. */
export function judgeMicro(bar: MicroBar, results: readonly MicroResult[]): Verdict {
  const row = results.find(({ name }) => name === bar.micro)?.rows.find(({ name }) => name === bar.row);
  return {
    title: `${bar.micro}: ${bar.row}`,
    bar: `≤ ${bar.atMost} ns`,
    measured: row === undefined ? "not measured" : `${row.added.toFixed(1)} ns`,
    reached: row === undefined ? null : row.added <= bar.atMost,
  };
}
