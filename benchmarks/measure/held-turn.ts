/** Measures one turn of a contestant under load on connections that are all open before it begins. */
import { type HeldLoad, openHeld } from "../load/held.ts";
import type { HeldScenario, PacedScenario } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import type { Round } from "./metrics.ts";
import type { RunningServer } from "./server.ts";
import { settle } from "./settle.ts";

/** The core of the load generator, and the duration. */
export interface HeldPlan {
  readonly core: number | null;
  /** The duration of the load, in seconds. */
  readonly duration: number;
}

/**
 * Loads the server as much as it can carry, and in a paced scenario afterwards with its share of that. The CPU time is that
 * of the last load only.
 */
export async function measureHeld(
  scenario: HeldScenario | PacedScenario,
  { pid, port }: RunningServer,
  { core, duration }: HeldPlan,
): Promise<Round> {
  const { requests, connections, expected } = scenario;
  const held = await openHeld({ port, requests, connections, status: expected.status }, core);
  const measure = async (load: HeldLoad): Promise<Round & { readonly throughput: number }> => {
    const before = readCpuTime(pid);
    const { answers, seconds, ...times } = await held.run(load);
    const after = readCpuTime(pid);
    const cpu = before === null || after === null ? null : (after - before) / answers;
    return { cpu, throughput: answers / seconds, ...times };
  };
  try {
    const saturated = await measure({ duration, rate: null });
    if (scenario.kind === "held") return saturated;
    return await measure({ duration, rate: saturated.throughput * scenario.share });
  } finally {
    await held.close();
    await settle(pid); // closing a thousand connections is work that the next contestant must not share
  }
}
