/**
 * Every environment variable of Packetron, in one table, and the only place in core that reads them. What they do stands
 * in `docs/reference/environment.md`. Nothing else in the environment changes what core does.
 */
import { optionError } from "../errors/errors.ts";
import type { LogLevel } from "../log/logger.ts";

/** An environment such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What each variable gives when it is read. A variable that is empty counts as not set. */
export interface Variables {
  /** Number of worker processes where `maxThreads` is not given. */
  readonly PACKETRON_THREADS: number | undefined;
  /** How requests are dispatched where `dispatch` is not given. */
  readonly PACKETRON_DISPATCH: "direct" | "standard" | undefined;
  /** The form of the built-in logger's lines. */
  readonly PACKETRON_LOG: "text" | "json";
  /** The lowest level that the built-in logger prints. */
  readonly PACKETRON_LOG_LEVEL: LogLevel;
  /** The name of the application for the command line, instead of that of its entry file. */
  readonly PACKETRON_NAME: string | undefined;
  /** Whether the application has a control socket. */
  readonly PACKETRON_CONTROL: "on" | "off";
  /** Whether `packetron dev` runs the program. */
  readonly PACKETRON_DEV: boolean;
  /** Set by the primary for each worker; the worker's children inherit it, so the pid is compared. */
  readonly PACKETRON_WORKER: WorkerMark | undefined;
  /** Set by the primary for each worker: the generation that it belongs to, from 1; a reload starts the next one. */
  readonly PACKETRON_GENERATION: number;
  /** Whether colours are unwanted, also on a terminal (no-color.org). */
  readonly NO_COLOR: boolean;
  /** The number of this process under PM2, which sets it for the processes that it runs. */
  readonly pm_id: string | undefined;
}

/** Whose worker a process is, and which one. */
export interface WorkerMark {
  /** From 1. */
  readonly slot: number;
  /** Process id of the primary. */
  readonly primary: number;
}

interface Variable<Value> {
  /** What may be written, in words. */
  readonly values: string;
  /** The value of a text; `""` stands for a variable that is not set. */
  readonly read: (text: string) => Value;
}

/** The largest number of workers. */
export const MAX_WORKERS = 1024;

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/** The table of all variables. */
export const variables: { readonly [Name in keyof Variables]: Variable<Variables[Name]> } = {
  PACKETRON_THREADS: {
    values: `an integer number of worker processes, 1 to ${MAX_WORKERS}`,
    read(text) {
      if (text === "") return undefined;
      const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
      if (count >= 1 && count <= MAX_WORKERS) return count;
      throw optionError("PACKETRON_THREADS", text, this.values);
    },
  },
  PACKETRON_DISPATCH: {
    values: '"direct" or "standard"',
    read(text) {
      if (text === "") return undefined;
      if (text === "direct" || text === "standard") return text;
      throw optionError("PACKETRON_DISPATCH", text, this.values);
    },
  },
  PACKETRON_LOG: {
    values: '"json", or anything else for text',
    read: (text) => (text === "json" ? text : "text"),
  },
  PACKETRON_LOG_LEVEL: {
    values: '"debug", "info", "warn", "error" or "silent", in any case; anything else is "info"',
    read: (text) => LEVELS.find((level) => level === text.toLowerCase()) ?? "info",
  },
  PACKETRON_NAME: { values: "a name", read: (text) => text || undefined },
  PACKETRON_CONTROL: {
    values: '"off", or anything else for on',
    read: (text) => (text === "off" ? text : "on"),
  },
  PACKETRON_DEV: { values: '"1", or anything else for no', read: (text) => text === "1" },
  PACKETRON_WORKER: { values: "slot:pid of the primary", read: readWorkerMark },
  PACKETRON_GENERATION: {
    values: "an integer, 1 or more",
    read: (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : 1),
  },
  NO_COLOR: { values: "anything", read: (text) => text !== "" },
  pm_id: { values: "anything", read: (text) => text || undefined },
};

/**
 * Reads one variable.
 *
 * @throws PKT_OPTION_INVALID when `PACKETRON_THREADS` or `PACKETRON_DISPATCH` has a value that it cannot have.
 */
export function readVariable<Name extends keyof Variables>(
  name: Name,
  environment: Environment = process.env,
): Variables[Name] {
  return variables[name].read(environment[name] ?? "");
}

/** The variables that a primary sets for one of its workers. */
export function workerVariables(slot: number, generation: number): Record<string, string> {
  return { PACKETRON_WORKER: `${slot}:${process.pid}`, PACKETRON_GENERATION: String(generation) };
}

function readWorkerMark(text: string): WorkerMark | undefined {
  const [, slot, primary] = /^([1-9]\d{0,3}):(\d+)$/.exec(text) ?? [];
  return slot === undefined ? undefined : { slot: Number(slot), primary: Number(primary) };
}
