/** Checks before a measurement that every contestant gives the expected answers. */
import { type Answer, exchange } from "../measure/exchange.ts";
import { requestsFor } from "../measure/load-turn.ts";
import { differences } from "../measure/parity.ts";
import type { RunningServer } from "../measure/server.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/** A contestant has given an unexpected answer, so the scenario was not measured. */
export class ParityError extends Error {}

/**
 * Sends every request to every contestant. Resolves to the first answer of each, whose size is shown in the results.
 *
 * @throws ParityError that lists every difference.
 */
export async function proveParity(
  scenario: Scenario,
  servers: ReadonlyMap<string, RunningServer>,
): Promise<Map<string, Answer>> {
  const problems: string[] = [];
  const firsts = new Map<string, Answer>();
  for (const [name, { port }] of servers) {
    const requests = scenario.kind === "load" ? await requestsFor(scenario, port) : scenario.requests;
    for (const request of requests) {
      const answer = await exchange(port, request);
      if (!firsts.has(name)) firsts.set(name, answer);
      const wrong = differences(answer, request, scenario.expected);
      if (wrong.length > 0)
        problems.push(`  ${name}, ${request.method} ${request.path}: ${wrong.join("; ")}`);
    }
    if (scenario.refused === undefined) continue;
    const { status } = await exchange(port, scenario.refused);
    if (status !== 400) problems.push(`  ${name}: status ${status} instead of 400 for a wrong request`);
  }
  if (problems.length === 0) return firsts;
  const list = problems.join("\n");
  throw new ParityError(
    `not all contestants give the expected answers, so the scenario is not measured\n${list}`,
  );
}
