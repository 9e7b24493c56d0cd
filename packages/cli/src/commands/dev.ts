/** `packetron dev`. */
import { dirname, relative } from "node:path";
import type { Values } from "../arguments.ts";
import type { Run } from "../commands.ts";
import { Program, type Renewal } from "../dev/program.ts";
import { FolderWatch } from "../dev/watch-folders.ts";
import { programVariables, readDispatch, resolveEntry } from "../entry.ts";
import { ExitCode } from "../exit-code.ts";
import { printable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** Milliseconds without a change before the program is reloaded: tools write several files. */
const QUIET = 100;

/** Runs the program until a signal or its own end ends it. */
export const dev: Run = (values, terminal) =>
  new Promise((resolve) => {
    const entry = resolveEntry(values.entry, "dev");
    const session = new Session(entry, values, terminal, resolve);
    session.begin();
  });

/** One program, its files, and what happens when they change. */
class Session {
  readonly #terminal: Terminal;
  readonly #program: Program;
  readonly #watch: FolderWatch;
  readonly #finish: (code: ExitCode) => void;
  #changed: string | undefined;
  #renewing = false;
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
      quiet: QUIET,
      changed: (path) => {
        this.#changed = path;
        void this.#renew();
      },
      failed: (error) => this.#say("bad", `cannot watch everything: ${error.message}`),
    });
  }

  begin(): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        this.#ending = true;
        if (!this.#program.running) this.#end(ExitCode.DONE);
        // Ctrl-C reaches the program by itself; core takes the second copy for an echo.
        else this.#program.signal(signal === "SIGHUP" ? "SIGTERM" : signal);
      });
    }
    this.#program.start();
  }

  /** One renewal at a time; what changes meanwhile is one further renewal. */
  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    while (this.#changed !== undefined && !this.#ending) {
      const path = relative(process.cwd(), this.#changed);
      this.#changed = undefined;
      this.#say("faint", `${printable(path)} has changed`);
      this.#tell(await this.#program.renew());
    }
    this.#renewing = false;
  }

  #tell(renewal: Renewal): void {
    if (renewal.kind === "reloaded") this.#say("good", `reloaded, generation ${renewal.generation}`);
    if (renewal.kind === "started") this.#say("good", "started anew");
    if (renewal.kind === "refused")
      this.#say("bad", `not reloaded, the previous version goes on: ${renewal.reason}`);
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
