/** Measures one turn of a contestant under load. */
import type { LoadGenerator } from "../load/load.ts";
import type { LoadScenario, ScenarioRequest } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import { exchange } from "./exchange.ts";
import type { Round } from "./metrics.ts";
import type { RunningServer } from "./server.ts";

/** The load generator, its core, and the duration. */
export interface LoadPlan {
  readonly generator: LoadGenerator;
  /** The core of the load generator. */
  readonly core: number | null;
  /** The duration of the load, in seconds. */
  readonly duration: number;
}

/** Loads the server. The CPU time is that of all its processes from just before the load until just after it. */
export async function measureLoad(
  { connections, pipelining, expected, ...scenario }: LoadScenario,
  { pid, port }: RunningServer,
  { generator, core, duration }: LoadPlan,
): Promise<Round> {
  const requests = await requestsFor(scenario, port);
  const order = { port, requests, connections, pipelining, duration, core, status: expected.status };
  const before = readCpuTime(pid);
  const { answers, seconds, p50, p99 } = await generator.run(order);
  const after = readCpuTime(pid);
  const cpu = before === null || after === null ? null : (after - before) / answers;
  return { cpu, throughput: answers / seconds, p50, p99 };
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
