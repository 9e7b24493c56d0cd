/** Measures one turn of a contestant under load on connections that are all open before it begins. */
import { openHeld } from "../load/held.ts";
import type { HeldScenario } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import type { Round } from "./metrics.ts";
import { measurePaced } from "./paced.ts";
import type { RunningServer } from "./server.ts";
import { settle } from "./settle.ts";

/** The core of the load generator, and the durations of a turn, in seconds. */
export interface TurnPlan {
  readonly core: number | null;
  /** The duration of the load at the greatest possible rate. */
  readonly duration: number;
  /** The duration of the load at a share of that rate; 0 leaves it out. */
  readonly pacedDuration: number;
}

/** Loads the server as much as it can carry, and afterwards with a share of that. */
export async function measureHeld(
  { requests, connections, expected }: HeldScenario,
  { pid, port }: RunningServer,
  { core, duration, pacedDuration }: TurnPlan,
): Promise<Round> {
  const held = await openHeld({ port, requests, connections, status: expected.status }, core);
  try {
    const before = readCpuTime(pid);
    const { answers, seconds, p50, p99 } = await held.run({ duration, rate: null });
    const after = readCpuTime(pid);
    const cpu = before === null || after === null ? null : (after - before) / answers;
    const throughput = answers / seconds;
    const paced = pacedDuration === 0 ? {} : await measurePaced(held, pid, throughput, pacedDuration);
    return { cpu, throughput, p50, p99, ...paced };
  } finally {
    await held.close();
    await settle(pid); // closing a thousand connections is work that the next contestant must not share
  }
}
