/** Measures one turn of a contestant under load. */
import { openHeld } from "../load/held.ts";
import type { LoadGenerator } from "../load/load.ts";
import type { LoadScenario, ScenarioRequest } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import { exchange } from "./exchange.ts";
import type { TurnPlan } from "./held-turn.ts";
import type { Round } from "./metrics.ts";
import { measurePaced } from "./paced.ts";
import type { RunningServer } from "./server.ts";

/** The load generator, its core, and the durations. */
export interface LoadPlan extends TurnPlan {
  readonly generator: LoadGenerator;
}

/**
 * Loads the server as much as it can carry, and afterwards with a share of that. The CPU time is that of all its processes
 * from just before the first load until just after it.
 */
export async function measureLoad(
  { connections, pipelining, expected, isUnpaced, ...scenario }: LoadScenario,
  { pid, port }: RunningServer,
  { generator, core, duration, pacedDuration }: LoadPlan,
): Promise<Round> {
  const requests = await requestsFor(scenario, port);
  const order = { port, requests, connections, pipelining, duration, core, status: expected.status };
  const before = readCpuTime(pid);
  const { answers, seconds, p50, p99 } = await generator.run(order);
  const after = readCpuTime(pid);
  const cpu = before === null || after === null ? null : (after - before) / answers;
  const saturated = { cpu, throughput: answers / seconds, p50, p99 };
  if (isUnpaced === true || pacedDuration === 0) return saturated;
  const held = await openHeld({ ...order, closes: expected.closes === true }, core);
  try {
    // wrk carries more than this load, which would lag behind the fastest servers: its lag would look like their latency.
    const reach = await held.run({ duration: pacedDuration / 2, rate: null });
    const capacity = Math.min(saturated.throughput, reach.answers / reach.seconds);
    return { ...saturated, ...(await measurePaced(held, pid, capacity, pacedDuration)) };
  } finally {
    await held.close();
  }
}

/** The requests of the scenario. If the scenario revalidates, they carry the ETag of this server. */
export async function requestsFor(
  { requests, revalidates }: Pick<LoadScenario, "requests" | "revalidates">,
  port: number,
): Promise<readonly ScenarioRequest[]> {
  if (revalidates !== true) return requests;
  const revalidate = async (request: ScenarioRequest): Promise<ScenarioRequest> => {
    const { etag = "" } = (await exchange(port, request)).headers;
    return { ...request, headers: { ...request.headers, "If-None-Match": etag } };
  };
  return Promise.all(requests.map(revalidate));
}
