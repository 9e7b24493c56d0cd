/** Runs one scenario: starts the contestants, checks their answers, and measures their costs. */
import { measureBurst } from "../measure/burst-turn.ts";
import { measureEvents } from "../measure/events-turn.ts";
import type { Answer } from "../measure/exchange.ts";
import { measureHeld } from "../measure/held-turn.ts";
import { type LoadPlan, measureLoad } from "../measure/load-turn.ts";
import { measureMemory } from "../measure/memory-turn.ts";
import type { Round } from "../measure/metrics.ts";
import { measureRounds, type RoundPlan } from "../measure/rounds.ts";
import type { RunningServer } from "../measure/server.ts";
import { measureStartup } from "../measure/startup-turn.ts";
import { measureUpload } from "../measure/upload-turn.ts";
import { measureWebSockets } from "../measure/web-socket-turn.ts";
import type { ContestantResult, ScenarioResult } from "../report/result.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Contestant } from "./contestants.ts";
import type { Environment } from "./environment.ts";
import { assembleField, type Field, type Invitation } from "./field.ts";
import { proveParity } from "./prove-parity.ts";
import { versionsOf } from "./versions.ts";
import type { Workplace } from "./workplace.ts";

/** The settings of the run that a scenario needs. */
export interface ScenarioRun {
  readonly workplace: Workplace;
  readonly environment: Environment;
  readonly invitation: Invitation;
  readonly plan: Omit<RoundPlan, "hasWarmup"> & LoadPlan & { /** Seconds. */ readonly warmup: number };
}

/** Runs the scenario. @throws ParityError */
export async function runScenario(scenario: Scenario, run: ScenarioRun): Promise<ScenarioResult> {
  const field = await assembleField(scenario, run.workplace, run.invitation);
  try {
    const answers = await proveParity(scenario, field.servers);
    const isFresh = startsAnew(scenario);
    if (isFresh) await field.stopAll();
    const names = field.present.map(({ name }) => name);
    const rounds = await measureRounds(names, { ...run.plan, hasWarmup: !isFresh }, (name, round) =>
      measureTurn(scenario, field, name, round === 0, run),
    );
    return {
      scenario: scenario.name,
      title: scenario.title,
      about: scenario.about,
      kind: scenario.kind,
      environment: environmentOf(scenario, run.environment),
      contestants: field.present.map((contestant) =>
        describe(contestant, scenario, answers.get(contestant.name), rounds.get(contestant.name) ?? []),
      ),
      skipped: field.skipped,
    };
  } finally {
    await field.stopAll();
  }
}

/** Whether each turn of a scenario starts a process of its own, which needs no warm-up. */
export function startsAnew({ kind }: Pick<Scenario, "kind">): boolean {
  return ["startup", "memory", "events", "websocket"].includes(kind);
}

function measureTurn(
  scenario: Scenario,
  field: Field,
  name: string,
  isWarmup: boolean,
  { plan }: ScenarioRun,
): Promise<Round> {
  const start = (): Promise<RunningServer> => field.startOne(name);
  if (scenario.kind === "startup") return measureStartup(scenario, start);
  if (scenario.kind === "memory") return measureMemory(scenario, start);
  if (scenario.kind === "events") return measureEvents(scenario, start, plan.duration);
  if (scenario.kind === "websocket") return measureWebSockets(scenario, start, plan);
  const server = field.servers.get(name);
  if (server === undefined) throw new Error(`${name} does not run`);
  if (scenario.kind === "upload") return measureUpload(scenario, server);
  if (scenario.kind === "burst")
    return measureBurst(isWarmup ? { ...scenario, duration: plan.warmup } : scenario, server, plan.core);
  const timed = isWarmup ? { ...plan, duration: plan.warmup, pacedDuration: 0 } : plan;
  if (scenario.kind === "held") return measureHeld(scenario, server, timed);
  return measureLoad(scenario, server, timed);
}

/** The environment with the load and the duration of this scenario, where they are not those of the run. */
function environmentOf(scenario: Scenario, environment: Environment): Environment {
  const load = `raw sockets of Node ${process.versions.node}`;
  if (scenario.kind === "burst") return { ...environment, load, duration: scenario.duration };
  return scenario.kind === "load" ? environment : { ...environment, load };
}

function describe(
  contestant: Contestant,
  { application }: Scenario,
  answer: Answer | undefined,
  rounds: readonly Round[],
): ContestantResult {
  const { name, titles } = contestant;
  const title = titles?.[application] ?? contestant.title;
  return { name, title, versions: versionsOf(contestant), headBytes: answer?.headBytes ?? 0, rounds };
}
