/** Load on connections that are all open before it begins, in a process of its own: closed or open loop. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Command, pinned } from "../measure/cores.ts";
import { LoadError, type LoadOrder } from "./load.ts";

const PROGRAM = join(import.meta.dirname, "_held-process.ts");

/** How long the process may take for its connections, and at the end of a load, in milliseconds. */
const PATIENCE = 30_000;

/** The connections to open. */
export interface HeldOrder extends Pick<LoadOrder, "port" | "requests" | "connections" | "status"> {
  /** Whether the server closes each connection after its answer, so that each request opens another one. */
  readonly closes?: boolean;
}

/** One load on the open connections. */
export interface HeldLoad {
  /** Seconds. */
  readonly duration: number;
  /** Requests per second of an open loop; `null` for a closed one, which sends a request after each answer. */
  readonly rate: number | null;
}

/** The figures of a load. Times are in milliseconds; in an open loop they count from the time at which a request is due. */
export interface HeldResult {
  readonly answers: number;
  /** The time until the last answer, in seconds. */
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** The p99 of the time by which the process itself sent a request late; 0 in a closed loop. */
  readonly delay: number;
}

/** Open connections to a server. */
export interface HeldConnections {
  /** Loads the server. Resolves when all requests have their answers. @throws LoadError */
  run(load: HeldLoad): Promise<HeldResult>;
  close(): Promise<void>;
}

/** Opens the connections, of which each gets one answer. @throws LoadError */
export async function openHeld(order: HeldOrder, core: number | null): Promise<HeldConnections> {
  const command: Command = [process.execPath, PROGRAM, JSON.stringify(order)];
  const [program, ...args] = pinned(command, core);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const failed = failOnExit(child);
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await failed.catch(() => {});
  };
  const receive = async (patience: number): Promise<HeldResult> => {
    const signal = AbortSignal.timeout(patience);
    const [message]: HeldResult[] = await Promise.race([once(child, "message", { signal }), failed]);
    if (message === undefined) throw new LoadError("the load generator sent an empty message");
    return message;
  };
  try {
    await receive(PATIENCE);
  } catch (cause) {
    await close();
    throw asLoadError(cause);
  }
  const run = (load: HeldLoad): Promise<HeldResult> => {
    child.send(load);
    return receive(load.duration * 1000 + PATIENCE).catch((cause) => Promise.reject(asLoadError(cause)));
  };
  return { run, close };
}

function asLoadError(cause: unknown): LoadError {
  return new LoadError(cause instanceof Error ? cause.message : String(cause), { cause });
}

async function failOnExit(child: ChildProcess): Promise<never> {
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    errors = (errors + chunk).slice(-4_000);
  });
  await once(child, "close");
  throw new LoadError(errors.trim() || "the load generator has exited");
}
