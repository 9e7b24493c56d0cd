/** Nobody is timed before everybody has answered as the scenario says. */
import { type Answer, exchange } from "../measure/exchange.ts";
import { requestsFor } from "../measure/load-turn.ts";
import { differences } from "../measure/parity.ts";
import type { RunningServer } from "../measure/server.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/** Somebody answers otherwise: nothing has been timed. */
export class ParityError extends Error {}

/**
 * Asks everybody everything; resolves with the first answer of each, for what the results say of it.
 *
 * @throws ParityError that lists every difference.
 */
export async function proveParity(
  scenario: Scenario,
  servers: ReadonlyMap<string, RunningServer>,
): Promise<Map<string, Answer>> {
  const complaints: string[] = [];
  const firsts = new Map<string, Answer>();
  for (const [name, { port }] of servers) {
    const requests = scenario.kind === "load" ? await requestsFor(scenario, port) : scenario.requests;
    for (const request of requests) {
      const answer = await exchange(port, request);
      if (!firsts.has(name)) firsts.set(name, answer);
      const wrong = differences(answer, request, scenario.expected);
      if (wrong.length > 0)
        complaints.push(`  ${name}, ${request.method} ${request.path}: ${wrong.join("; ")}`);
    }
  }
  if (complaints.length === 0) return firsts;
  const list = complaints.join("\n");
  throw new ParityError(`not all contestants answer alike, so nobody is timed\n${list}`);
}
