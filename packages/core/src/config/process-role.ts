/** The role of this process (worker, primary or single), as far as it is known before any server option is read. */
import cluster from "node:cluster";
import { isMainThread } from "node:worker_threads";
import { coreError, type PacketronError } from "../errors/errors.ts";
import { currentRuntime, type Runtime } from "../node/runtime.ts";
import { readVariable, type WorkerMark } from "./environment.ts";
import { findTestRunner, hasLoadedNodeTest, realEntry, type TestRunner } from "./test-runner.ts";

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
  /** The test runner that runs this process; `undefined` for a program of its own. */
  readonly runner: TestRunner | undefined;
  readonly runtime: Runtime;
}

/**
 * The role of a process. `note` says why this process does not fork workers, for the log. `refusal` is the error of
 * `start()` if the program asks for workers that cannot run.
 */
export type OwnRole =
  | { readonly role: "worker"; readonly workerId: number; readonly generation: number }
  | { readonly role: "primary" }
  | { readonly role: "single"; readonly note: string; readonly refusal?: PacketronError };

const EVALUATING = new Set(["-e", "--eval", "-p", "--print", "-pe", "-i", "--interactive"]);

/**
 * Decides the role of a process from facts about it.
 *
 * @param maxThreads The option of the server. Under a test runner, PM2, Bun and Deno workers are forked only on demand.
 */
export function decideRole(facts: RoleFacts, maxThreads: number | undefined): OwnRole {
  const workerId = ownWorkerId(facts);
  if (workerId !== undefined) return { role: "worker", workerId, generation: facts.generation };
  const threads = maxThreads ?? 1;
  const { runner, runtime } = facts;
  if (runtime === "bun") return single("on Bun", threads > 1 ? bunRefusal(threads) : undefined);
  if (runner !== undefined && (threads === 1 || runner.ownsEntry))
    return single(`in a test of ${runner.name}`, threads > 1 ? testRefusal(threads, facts) : undefined);
  if (!facts.isMainThread) return single("inside a worker thread");
  if (facts.isClusterWorker) return single("inside a worker of another cluster");
  if (facts.pm2 !== undefined && threads === 1) return single("under PM2, and maxThreads is not given");
  if (runtime === "deno" && threads === 1) return single("on Deno, and maxThreads is not given");
  if (!hasEntry(facts)) return single("without an entry file that workers could run");
  return { role: "primary" };
}

/**
 * Returns the role of this process. A "primary" may fork workers; whether it does depends on the server's options.
 *
 * @param maxThreads The option of the server.
 */
export function ownRole(maxThreads: number | undefined): OwnRole {
  return decideRole(readFacts(), maxThreads);
}

/** Whether `packetron dev` runs the program. */
export function isDeveloping(): boolean {
  return readVariable("PACKETRON_DEV");
}

/** Reads the facts about this process that decide its role. */
export function readFacts(): RoleFacts {
  const entry = process.argv[1];
  const nodeOptions = process.execArgv;
  const runner = findTestRunner({
    entry: realEntry(entry),
    nodeOptions,
    belowNodeTest: readVariable("NODE_TEST_CONTEXT"),
    hasLoadedNodeTest: hasLoadedNodeTest(),
  });
  return {
    mark: readVariable("PACKETRON_WORKER"),
    generation: readVariable("PACKETRON_GENERATION"),
    parent: process.ppid,
    isClusterWorker: cluster.isWorker,
    pm2: readVariable("pm_id"),
    isMainThread,
    entry,
    nodeOptions,
    runner,
    runtime: currentRuntime(),
  };
}

function single(where: string, refusal?: PacketronError): OwnRole {
  const note = `one process, because it runs ${where}`;
  return { role: "single", note, ...(refusal === undefined ? {} : { refusal }) };
}

function testRefusal(threads: number, { runner, entry }: RoleFacts): PacketronError {
  return coreError("PKT_CLUSTER_NO_WORKERS", {
    threads,
    place: `in a test of ${runner?.name}`,
    reason: `each worker would run ${entry} again`,
    cure: 'Leave maxThreads out, or let the test start the server as a program of its own: child_process.fork("server.js").',
  });
}

function bunRefusal(threads: number): PacketronError {
  return coreError("PKT_CLUSTER_NO_WORKERS", {
    threads,
    place: "on Bun",
    reason: "its node:cluster does not start workers that can take connections",
    cure: "Leave maxThreads out, or run the program on Node.js.",
  });
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
