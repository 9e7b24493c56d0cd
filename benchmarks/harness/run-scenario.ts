/** One scenario from beginning to end: who takes part, do they answer alike, and what does it cost them. */
import { type Answer, exchange } from "../measure/exchange.ts";
import { requestsFor } from "../measure/load-rounds.ts";
import type { Round } from "../measure/metrics.ts";
import { differences } from "../measure/parity.ts";
import { type RunningServer, startServer } from "../measure/server.ts";
import type { ContestantResult, ScenarioResult } from "../report/result.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { BASELINE, type Contestant, contestants, SUBJECT } from "./contestants.ts";
import type { Environment } from "./environment.ts";
import { launch, missing } from "./launch.ts";
import { type Measurement, measure } from "./measurement.ts";
import { versionsOf } from "./versions.ts";
import type { Workplace } from "./workplace.ts";

/** Somebody answers otherwise than the scenario says: nothing has been timed. */
export class ParityError extends Error {}

/** What a scenario needs of the run that it is part of. */
export interface ScenarioRun {
  readonly workplace: Workplace;
  readonly environment: Environment;
  readonly measurement: Measurement;
  /** Names; empty is everybody. */
  readonly peers: readonly string[];
}

/** Runs the scenario. @throws ParityError */
export async function runScenario(scenario: Scenario, run: ScenarioRun): Promise<ScenarioResult> {
  const wanted = contestants.filter((entry) => takesPart(entry, scenario, run));
  const skipped = wanted.flatMap((entry) => {
    const reason = missing(entry);
    return reason === null ? [] : [{ name: entry.name, reason }];
  });
  const present = wanted.filter(({ name }) => !skipped.some((entry) => entry.name === name));
  const servers = new Map<string, RunningServer>();
  try {
    for (const entry of present)
      servers.set(entry.name, await startServer(await launch(entry, scenario.application, run.workplace)));
    const answers = await proveParity(scenario, servers);
    const rounds = await measure(scenario, present, servers, run);
    return {
      scenario: scenario.name,
      title: scenario.title,
      about: scenario.about,
      kind: scenario.kind,
      environment: run.environment,
      contestants: present.map((entry) =>
        describe(entry, answers.get(entry.name), rounds.get(entry.name) ?? []),
      ),
      skipped,
    };
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}

function takesPart({ name, applications }: Contestant, scenario: Scenario, run: ScenarioRun): boolean {
  if (!applications.includes(scenario.application)) return false;
  if (name === BASELINE) return run.workplace.baseline !== null;
  return run.peers.length === 0 || name === SUBJECT || run.peers.includes(name);
}

/** Asks everybody everything; resolves with the first answer of each, for what the results say of it. */
async function proveParity(
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
  throw new ParityError(
    `${scenario.name}: not all contestants answer alike, so nobody is timed\n${complaints.join("\n")}`,
  );
}

function describe(entry: Contestant, answer: Answer | undefined, rounds: readonly Round[]): ContestantResult {
  const { name, title } = entry;
  return { name, title, versions: versionsOf(entry), headBytes: answer?.headBytes ?? 0, rounds };
}
