/** The role of this process (worker, primary or single), as far as it is known before any server option is read. */
import cluster from "node:cluster";
import { isMainThread } from "node:worker_threads";
import { readVariable, type WorkerMark } from "./environment.ts";

/** Facts about a process that decide its role. */
export interface RoleFacts {
  /** The worker that this process is, or the worker that started this process; `undefined` for neither. */
  readonly mark: WorkerMark | undefined;
  /** The generation of the worker in `mark`, from 1; each reload starts workers of the next generation. */
  readonly generation: number;
  /** The process id of the parent. */
  readonly parent: number;
  /** Whether `node:cluster` forked this process. */
  readonly isClusterWorker: boolean;
  /** The number of this process under PM2; `undefined` when PM2 does not run it. */
  readonly pm2: string | undefined;
  readonly isMainThread: boolean;
  /** The file that Node was started with. Every worker would run this file again. */
  readonly entry: string | undefined;
  /** The command-line options of Node itself, which stand before the file. */
  readonly nodeOptions: readonly string[];
}

/** The role of a process. `note` says why this process must not fork workers, for the log. */
export type OwnRole =
  | { readonly role: "worker"; readonly workerId: number; readonly generation: number }
  | { readonly role: "primary" }
  | { readonly role: "single"; readonly note: string };

const EVALUATING = new Set(["-e", "--eval", "-p", "--print", "-pe", "-i", "--interactive"]);

/** Decides the role of a process from facts about it. */
export function decideRole(facts: RoleFacts): OwnRole {
  const workerId = ownWorkerId(facts);
  if (workerId !== undefined) return { role: "worker", workerId, generation: facts.generation };
  if (!facts.isMainThread) return single("inside a worker thread");
  if (facts.isClusterWorker) return single("inside a worker of another cluster");
  if (facts.pm2 !== undefined) return single("under PM2, which runs the processes");
  if (!hasEntry(facts)) return single("without an entry file that workers could run");
  return { role: "primary" };
}

/** Returns the role of this process. A "primary" may fork workers; whether it does depends on the server's options. */
export function ownRole(): OwnRole {
  return decideRole(readFacts());
}

/** Whether `packetron dev` runs the program. */
export function isDeveloping(): boolean {
  return readVariable("PACKETRON_DEV");
}

/** Reads the facts about this process that decide its role. */
export function readFacts(): RoleFacts {
  return {
    mark: readVariable("PACKETRON_WORKER"),
    generation: readVariable("PACKETRON_GENERATION"),
    parent: process.ppid,
    isClusterWorker: cluster.isWorker,
    pm2: readVariable("pm_id"),
    isMainThread,
    entry: process.argv[1],
    nodeOptions: process.execArgv,
  };
}

function single(where: string): OwnRole {
  return { role: "single", note: `one process, because it runs ${where}` };
}

function ownWorkerId(facts: RoleFacts): number | undefined {
  const { mark, isClusterWorker, isMainThread, parent } = facts;
  if (!isClusterWorker || !isMainThread || mark === undefined) return undefined;
  return mark.primary === parent ? mark.slot : undefined;
}

/**
 * Whether a worker could run the program again. A worker could not after `node -e code name` (`name` is not a
 * file) or `node -` (the program came from stdin).
 */
function hasEntry(facts: RoleFacts): boolean {
  const evaluates = facts.nodeOptions.some(
    (option) => EVALUATING.has(option) || option.startsWith("--eval="),
  );
  return facts.entry !== undefined && facts.entry !== "-" && !evaluates;
}
