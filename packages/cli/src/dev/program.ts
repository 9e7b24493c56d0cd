/** The program under development: a primary with one worker. `packetron dev` starts, reloads and ends it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { type ApplicationRegistration, askApplication, listApplications } from "@packetron/core/control";

/** The program to run, and the callback for its end. */
export interface ProgramOptions {
  readonly entry: string;
  readonly arguments: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Called when the program exits, unless an update has ended it to start it again. */
  ended(code: number | null, signal: NodeJS.Signals | null): void;
}

/** The outcome of an update. */
export type UpdateOutcome =
  /** The new code serves. */
  | { readonly kind: "reloaded"; readonly generation: number }
  /** The program was started again: it did not run, had no server to reload, or its port or host has changed. */
  | { readonly kind: "started" }
  /** The new code does not start; the old worker continues to serve. */
  | { readonly kind: "refused"; readonly reason: string };

/**
 * How long a reload may take, in milliseconds. A reload waits for the last connections of the old worker; this limit
 * ends the wait for a page that stays open.
 */
const RELOAD_TIMEOUT = 120_000;

/** How long the program may take to exit after SIGTERM before it is killed, in milliseconds. */
const EXIT_TIMEOUT = 5_000;

/**
 * Matches the primary's refusal to reload when a server has a new port or host, where only a new primary can listen.
 */
const NEEDS_START = /The primary has no server "/;

/** Runs one program; its process is replaced when a reload is not possible. */
export class Program {
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Whether the process of the program runs. */
  get running(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    const { entry, variables } = this.#options;
    const child = spawn(
      process.execPath,
      [...process.execArgv, "--import", preload(), entry, ...this.#options.arguments],
      { env: { ...process.env, ...variables, PACKETRON_DEV: "1" }, stdio: "inherit" },
    );
    this.#child = child;
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return; // #restart() ended this process
      this.#child = undefined;
      this.#options.ended(code, signal);
    });
    child.once("error", () => {
      if (this.#child === child) this.#child = undefined;
    });
  }

  /** Runs the new code: by a reload where that is possible, else by a new process. */
  async update(): Promise<UpdateOutcome> {
    const application = this.#findRegistration();
    if (application === undefined) {
      await this.#restart();
      return { kind: "started" };
    }
    const answer = await askApplication(application, "reload", RELOAD_TIMEOUT);
    if (answer.ok) return { kind: "reloaded", generation: answer.value.generation };
    if (!NEEDS_START.test(answer.reason)) return { kind: "refused", reason: answer.reason };
    await this.#restart();
    return { kind: "started" };
  }

  /** Sends a signal to the process of the program. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async #restart(): Promise<void> {
    const child = this.#child;
    if (child !== undefined) {
      this.#child = undefined;
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), EXIT_TIMEOUT);
      await exited;
      clearTimeout(timer);
    }
    this.start();
  }

  #findRegistration(): ApplicationRegistration | undefined {
    try {
      return listApplications().find(({ identity }) => identity.pid === this.#child?.pid);
    } catch {
      return undefined; // the registration directory is not private; the program itself has logged a warning
    }
  }
}

/** Returns the URL of `readable-errors`, resolved by its export name, because each build puts the file elsewhere. */
function preload(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("@packetron/cli/readable-errors")).href;
}
