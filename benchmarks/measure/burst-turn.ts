/** Measures one turn of a contestant with many new clients at once. */
import { type BurstResult, runBurst } from "../load/burst.ts";
import type { BurstScenario } from "../scenarios/scenario.ts";
import { readListenCounters } from "./listen-queue.ts";
import type { Round } from "./metrics.ts";
import type { RunningServer } from "./server.ts";
import { settle } from "./settle.ts";
import { percentileOf } from "./statistics.ts";

/** How long the busy clients are alone, in seconds. */
export const LEAD = 1;

/**
 * Lets the new clients connect, and waits until the server has discarded them, so that the next contestant has the core.
 *
 * @param core The core of the load generator.
 */
export async function measureBurst(
  { requests, busy, newcomers, expected, duration, patience }: BurstScenario,
  { pid, port }: RunningServer,
  core: number | null,
): Promise<Round> {
  const clients = { busy, connections: newcomers, lead: LEAD };
  const order = { port, requests, ...clients, duration, status: expected.status };
  const before = readListenCounters();
  const result = await runBurst(order, core);
  const after = readListenCounters();
  await settle(pid);
  return {
    ...summariseFirsts(result.firsts, { duration, patience }),
    overflows: before === null || after === null ? null : after.overflows - before.overflows,
    drops: before === null || after === null ? null : after.drops - before.drops,
    cut: result.cut,
    throughput: result.answers / duration,
    delay: result.delay,
  };
}

/**
 * Counts late and missing first answers, and takes their percentiles. A client without an answer is late, and counts in
 * the percentiles with the whole duration.
 */
export function summariseFirsts(
  firsts: BurstResult["firsts"],
  { duration, patience }: Pick<BurstScenario, "duration" | "patience">,
): { readonly late: number; readonly never: number; readonly p50: number; readonly p99: number } {
  const times = firsts.map((time) => time ?? duration * 1000);
  return {
    late: firsts.filter((time) => time === null || time > patience * 1000).length,
    never: firsts.filter((time) => time === null).length,
    p50: percentileOf(times, 50),
    p99: percentileOf(times, 99),
  };
}
