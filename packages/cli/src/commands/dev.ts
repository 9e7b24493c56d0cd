/** The command `packetron dev`: runs a program with one worker, and reloads it when a file changes. */
import { dirname, relative } from "node:path";
import type { Values } from "../arguments.ts";
import type { Run } from "../commands.ts";
import { Program, type UpdateOutcome } from "../dev/program.ts";
import { FolderWatch } from "../dev/watch-folders.ts";
import { programVariables, readDispatch, resolveEntry } from "../entry.ts";
import { ExitCode } from "../exit-code.ts";
import { printable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** Milliseconds without a further change before the program is reloaded, because tools write several files at once. */
const QUIET_TIME = 100;

/**
 * Runs the program, and reloads it after each change. Ends when the program exits with code 0, or when a signal
 * arrives.
 */
export const dev: Run = (values, terminal) =>
  new Promise((resolve) => {
    const entry = resolveEntry(values.entry, "dev");
    const session = new Session(entry, values, terminal, resolve);
    session.begin();
  });

/** One program under development: watches its files and reloads it when they change. */
class Session {
  readonly #terminal: Terminal;
  readonly #program: Program;
  readonly #watch: FolderWatch;
  readonly #finish: (code: ExitCode) => void;
  #changed: string | undefined;
  #updating = false;
  #ending = false;

  constructor(entry: string, values: Values, terminal: Terminal, finish: (code: ExitCode) => void) {
    this.#terminal = terminal;
    this.#finish = finish;
    this.#program = new Program({
      entry,
      arguments: values.rest,
      variables: programVariables({ name: values.text("name"), dispatch: readDispatch(values, "dev") }),
      ended: (code, signal) => this.#ended(code, signal),
    });
    this.#watch = new FolderWatch({
      paths: [dirname(entry), ...values.texts("watch")],
      ignored: values.texts("ignore"),
      quietTime: QUIET_TIME,
      changed: (path) => {
        this.#changed = path;
        void this.#update();
      },
      failed: (error) =>
        this.#say("bad", `cannot watch a folder, so changes in it are missed: ${error.message}`),
    });
  }

  begin(): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        this.#ending = true;
        if (!this.#program.running) this.#end(ExitCode.DONE);
        // The terminal sends Ctrl-C to the program, too. Core ignores the second copy.
        else this.#program.signal(signal === "SIGHUP" ? "SIGTERM" : signal);
      });
    }
    this.#program.start();
  }

  /** Runs the new code. Only one update runs at a time; all changes during it cause one further update. */
  async #update(): Promise<void> {
    if (this.#updating) return;
    this.#updating = true;
    while (this.#changed !== undefined && !this.#ending) {
      const path = relative(process.cwd(), this.#changed);
      this.#changed = undefined;
      this.#say("faint", `${printable(path)} has changed`);
      this.#report(await this.#program.update());
    }
    this.#updating = false;
  }

  #report(outcome: UpdateOutcome): void {
    if (outcome.kind === "reloaded") this.#say("good", `reloaded, generation ${outcome.generation}`);
    if (outcome.kind === "started") this.#say("good", "started again");
    if (outcome.kind === "refused")
      this.#say("bad", `not reloaded, the previous version continues: ${outcome.reason}`);
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#ending || code === 0) return this.#end(code === 0 ? ExitCode.DONE : ExitCode.FAILED);
    this.#say("bad", `the program ended with ${signal ?? `exit code ${code}`}; waiting for a change`);
  }

  #end(code: ExitCode): void {
    this.#watch.close();
    this.#finish(code);
  }

  #say(color: "good" | "bad" | "faint", text: string): void {
    const { paintWarning } = this.#terminal;
    const lines = text.split("\n").map(printable);
    this.#terminal.warn(`${paintWarning("faint", "packetron")} ${paintWarning(color, lines.join("\n"))}\n`);
  }
}
