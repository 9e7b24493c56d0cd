/** Rounds of load: everybody is up, and takes turns. */
import type { LoadGenerator } from "../load/load.ts";
import type { LoadScenario, ScenarioRequest } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import { exchange } from "./exchange.ts";
import type { Round } from "./metrics.ts";
import type { RunningServer } from "./server.ts";

/** How long and how often. */
export interface LoadPlan {
  readonly rounds: number;
  /** Seconds of a round, for each contestant. */
  readonly duration: number;
  /** Seconds of load before the first round, so that the compilers have done their work. */
  readonly warmup: number;
  readonly core: number | null;
  readonly generator: LoadGenerator;
  /** Called before each stretch of load. */
  progress(contestant: string, round: number): void;
}

/** Measures the servers, which passed the parity test; the rounds of each, in the order of the servers. */
export async function measureLoad(
  scenario: LoadScenario,
  servers: ReadonlyMap<string, RunningServer>,
  plan: LoadPlan,
): Promise<Map<string, Round[]>> {
  const results = new Map([...servers.keys()].map((name): [string, Round[]] => [name, []]));
  for (let round = 0; round <= plan.rounds; round++) {
    // Each round begins with another contestant: nobody always follows the one that leaves the most to clean up.
    for (const [name, server] of rotate([...servers], round)) {
      plan.progress(name, round);
      const figures = await measureRound(scenario, server, plan, round === 0 ? plan.warmup : plan.duration);
      if (round > 0) results.get(name)?.push(figures);
    }
  }
  return results;
}

/** The items, beginning with another one for each turn. */
export function rotate<Item>(items: readonly Item[], turn: number): Item[] {
  const start = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function measureRound(
  scenario: LoadScenario,
  server: RunningServer,
  plan: LoadPlan,
  duration: number,
): Promise<Round> {
  const { connections, pipelining, expected } = scenario;
  const requests = await requestsFor(scenario, server.port);
  const order = {
    port: server.port,
    connections,
    pipelining,
    duration,
    core: plan.core,
    status: expected.status,
  };
  const before = readCpuTime(server.pid);
  const { answers, seconds, p50, p99 } = await plan.generator.run({ ...order, requests });
  const after = readCpuTime(server.pid);
  const cpu = before === null || after === null ? null : (after - before) / answers;
  return { cpu, throughput: answers / seconds, p50, p99 };
}

/** The requests of the scenario; where it revalidates, with the validator of this server. */
export async function requestsFor(scenario: LoadScenario, port: number): Promise<readonly ScenarioRequest[]> {
  if (scenario.revalidates !== true) return scenario.requests;
  const revalidate = async (request: ScenarioRequest): Promise<ScenarioRequest> => {
    const { etag = "" } = (await exchange(port, request)).headers;
    return { ...request, headers: { ...request.headers, "If-None-Match": etag } };
  };
  return Promise.all(scenario.requests.map(revalidate));
}
