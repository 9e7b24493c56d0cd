/**
 * Every environment variable that core reads, in one table. No other file of core reads one, so no other variable changes
 * what core does. `docs/reference/environment.md` describes their effects.
 */
import { optionError } from "../errors/errors.ts";
import type { LogLevel } from "../log/logger.ts";

/** An environment such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The values of the variables after reading. An empty variable counts as not set. */
export interface Variables {
  /** The number of worker processes, used when `maxThreads` is not given. */
  readonly PACKETRON_THREADS: number | undefined;
  /** How requests are dispatched, used when `dispatch` is not given. */
  readonly PACKETRON_DISPATCH: "direct" | "standard" | undefined;
  /** Whether the lines of the built-in logger are text or JSON. */
  readonly PACKETRON_LOG: "text" | "json";
  /** The lowest level that the built-in logger prints. */
  readonly PACKETRON_LOG_LEVEL: LogLevel;
  /** The name that the command line shows for the application, instead of the name of its entry file. */
  readonly PACKETRON_NAME: string | undefined;
  /** Whether the application has a control socket, on which it receives commands such as `packetron stop`. */
  readonly PACKETRON_CONTROL: "on" | "off";
  /** Whether `packetron dev` runs the program. */
  readonly PACKETRON_DEV: boolean;
  /** Whether `packetron openapi` runs the program. `@packetron/openapi` reads the variable. */
  readonly PACKETRON_OPENAPI: boolean;
  /**
   * The slot (number) of a worker and the pid of its primary, which sets the variable. Children of a worker inherit the
   * variable, so this process is that worker only if its parent has that pid.
   */
  readonly PACKETRON_WORKER: WorkerMark | undefined;
  /**
   * The generation of a worker, from 1; each reload starts workers of the next generation. The primary sets the
   * variable.
   */
  readonly PACKETRON_GENERATION: number;
  /** Whether colours are turned off, even on a terminal (no-color.org). */
  readonly NO_COLOR: boolean;
  /** Whether `node --test` runs this process or a program that started it. `node --test` sets the variable. */
  readonly NODE_TEST_CONTEXT: boolean;
  /** The number of this process under PM2. PM2 sets the variable for each process that it runs. */
  readonly pm_id: string | undefined;
}

/** Identifies a worker of a primary. */
export interface WorkerMark {
  /** The number of the worker, from 1; a replacement of the worker gets the same number. */
  readonly slot: number;
  /** The process id of the primary. */
  readonly primary: number;
}

interface Variable<Value> {
  /** The allowed values of the variable, in words, for error messages. */
  readonly values: string;
  /** Parses the text of the variable; `""` means that it is not set. */
  readonly read: (text: string) => Value;
}

/** The largest number of workers that a server can have. */
export const MAX_WORKERS = 1024;

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/** How core reads each of its environment variables. */
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
  PACKETRON_OPENAPI: { values: '"1", or anything else for no', read: (text) => text === "1" },
  PACKETRON_WORKER: { values: "slot:pid of the primary", read: readWorkerMark },
  PACKETRON_GENERATION: {
    values: "an integer, 1 or more",
    read: (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : 1),
  },
  NO_COLOR: { values: "anything", read: (text) => text !== "" },
  NODE_TEST_CONTEXT: { values: "anything", read: (text) => text !== "" },
  pm_id: { values: "anything", read: (text) => text || undefined },
};

/**
 * Reads one environment variable of core.
 *
 * @throws PKT_OPTION_INVALID when `PACKETRON_THREADS` or `PACKETRON_DISPATCH` has an invalid value.
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
