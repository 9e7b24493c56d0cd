/** The program that is being developed: a primary with one worker, started, reloaded and ended as its files change. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { type ApplicationRegistration, askApplication, listApplications } from "@packetron/core/control";

/** What is run, and who is told. */
export interface ProgramOptions {
  readonly entry: string;
  readonly arguments: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** The program ended without being told to. */
  ended(code: number | null, signal: NodeJS.Signals | null): void;
}

/** How a reload ended. */
export type Renewal =
  /** The new code serves. */
  | { readonly kind: "reloaded"; readonly generation: number }
  /** The program was started anew: it was not there, or there was nothing to reload in it yet. */
  | { readonly kind: "started" }
  /** The new code does not start; the old goes on. */
  | { readonly kind: "refused"; readonly reason: string };

/** Milliseconds. The last connections of the old worker are waited for; nobody waits for a page that stays open. */
const RELOAD_TIME = 120_000;

/** How long the program may take to end before it is killed, in milliseconds. */
const END_TIME = 5_000;

/** A server whose port or host changed is another one, for which the primary has to start anew. */
const NEEDS_START = /The primary has no server "/;

/** One program, whose process may be replaced. */
export class Program {
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Whether its process is there. */
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
      if (this.#child !== child) return; // it was told to
      this.#child = undefined;
      this.#options.ended(code, signal);
    });
    child.once("error", () => {
      if (this.#child === child) this.#child = undefined;
    });
  }

  /** Has the new code run: by a reload where that is possible. */
  async renew(): Promise<Renewal> {
    const application = this.#findRegistration();
    if (application === undefined) {
      await this.#startAnew();
      return { kind: "started" };
    }
    const answer = await askApplication(application, "reload", RELOAD_TIME);
    if (answer.ok) return { kind: "reloaded", generation: answer.value.generation };
    if (!NEEDS_START.test(answer.reason)) return { kind: "refused", reason: answer.reason };
    await this.#startAnew();
    return { kind: "started" };
  }

  /** Passes a signal on. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async #startAnew(): Promise<void> {
    const child = this.#child;
    if (child !== undefined) {
      this.#child = undefined;
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), END_TIME);
      await exited;
      clearTimeout(timer);
    }
    this.start();
  }

  #findRegistration(): ApplicationRegistration | undefined {
    try {
      return listApplications().find(({ identity }) => identity.pid === this.#child?.pid);
    } catch {
      return undefined; // a directory that cannot be trusted: the program has warned of it
    }
  }
}

/** By the name under which the package publishes it: where the file is depends on the build. */
function preload(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("@packetron/cli/readable-errors")).href;
}
