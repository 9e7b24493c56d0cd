/** The field of a scenario: the contestants that take part, their servers, and the absent ones with the reason. */
import { type RunningServer, StartError, startServer } from "../measure/server.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { type Contestant, contestants, SUBJECT } from "./contestants.ts";
import { launch, missing } from "./launch.ts";
import type { Workplace } from "./workplace.ts";

/** A contestant that is left out of a scenario, and the reason. */
export interface Absence {
  readonly name: string;
  readonly reason: string;
}

/** The contestants of a scenario on this machine, and their running servers. */
export interface Field {
  readonly present: readonly Contestant[];
  readonly skipped: readonly Absence[];
  /** The servers by the name of the contestant; empty after `stopAll()`. */
  readonly servers: ReadonlyMap<string, RunningServer>;
  stopAll(): Promise<void>;
  /** Starts another server of a contestant, which the caller must stop. */
  startOne(name: string): Promise<RunningServer>;
}

/** The contestants that a run wants. */
export interface Invitation {
  /** The names of the contestants; empty means the usual ones. */
  readonly peers: readonly string[];
  /** Whether all take part, not only the usual ones. */
  readonly all: boolean;
}

/**
 * Starts the contestants that take part; a peer that does not start is left out. An earlier state of Packetron takes part
 * where the present one does.
 *
 * @throws StartError when Packetron does not start.
 */
export async function assembleField(
  scenario: Scenario,
  workplace: Workplace,
  invitation: Invitation,
): Promise<Field> {
  const present: Contestant[] = [];
  const skipped: Absence[] = [];
  const servers = new Map<string, RunningServer>();
  const start = async (contestant: Contestant): Promise<RunningServer> =>
    startServer(await launch(contestant, scenario.application, workplace));
  const stopAll = async (): Promise<void> => {
    const running = [...servers.values()];
    servers.clear();
    await Promise.all(running.map((server) => server.stop()));
  };
  for (const contestant of invited(scenario, invitation, workplace.baseline !== null)) {
    const { name } = contestant;
    const reason = missing(contestant) ?? (await start(contestant).then(keep, explain));
    if (reason === null) present.push(contestant);
    else skipped.push({ name, reason });

    function keep(server: RunningServer): null {
      servers.set(name, server);
      return null;
    }
  }
  const startOne = (wanted: string): Promise<RunningServer> => {
    const contestant = present.find(({ name }) => name === wanted);
    return contestant === undefined
      ? Promise.reject(new Error(`${wanted} does not take part`))
      : start(contestant);
  };
  if (!servers.has(SUBJECT)) {
    await stopAll();
    throw new StartError(
      skipped.find(({ name }) => name === SUBJECT)?.reason ?? `${SUBJECT} does not take part`,
    );
  }
  return { present, skipped, servers, stopAll, startOne };
}

/** The contestants that take part in a scenario if they can start. */
export function invited(
  { name: scenario, application }: Pick<Scenario, "name" | "application">,
  { peers, all }: Invitation,
  hasBaseline: boolean,
): readonly Contestant[] {
  return contestants.filter(({ name, applications, usual, baselineOf }) => {
    if (!applications.includes(application)) return false;
    if (baselineOf !== undefined && !hasBaseline) return false;
    const wanted = baselineOf ?? name;
    if (peers.length > 0) return wanted === SUBJECT || peers.includes(wanted);
    return all || usual === undefined || usual.includes(scenario);
  });
}

/** The reason of a StartError, in one line. Other errors are thrown again. */
function explain(error: unknown): string {
  if (!(error instanceof StartError)) throw error;
  const lines = error.message.split("\n");
  return `did not start: ${lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0]}`;
}
