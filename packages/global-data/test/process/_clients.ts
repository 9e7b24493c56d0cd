/** Processes that use one file of global data, and can be killed at any instant. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";

/** A command to a client: an operation, and how many times to repeat it. */
export interface Command {
  readonly operation: "get" | "set" | "increment" | "hold";
  readonly key: string;
  readonly value?: number;
  readonly times?: number;
  /** Whether the client reports each operation. */
  readonly report?: boolean;
}

/** A report of a client. */
export type Report =
  | { readonly what: "done" | "holding" }
  | {
      readonly what: "began" | "ended" | "failed";
      readonly operation: Command["operation"];
      readonly key: string;
      readonly value: unknown;
      readonly began: number;
      readonly ended?: number;
      readonly code?: string;
    };

/** Time limit of every wait, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** A running client. */
export class Client {
  readonly child: ChildProcess;
  readonly reports: Report[] = [];
  readonly ended: Promise<unknown>;
  errors = "";
  #watchers: (() => void)[] = [];

  constructor(parent: string, env: NodeJS.ProcessEnv = {}) {
    const path = fixtureFile("global-data/client");
    this.child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", path], {
      env: { ...process.env, ...env, TMPDIR: parent },
      stdio: ["pipe", "pipe", "pipe"],
    });
    onTestFinished(() => void this.child.kill("SIGKILL"));
    this.child.stderr?.on("data", (chunk) => {
      this.errors += String(chunk);
    });
    this.child.stdin?.on("error", () => undefined); // the client may have exited already
    const lines = createInterface({ input: this.child.stdout ?? process.stdin });
    lines.on("line", (line) => this.#receive(line));
    this.ended = Promise.all([once(this.child, "exit"), once(lines, "close")]);
    this.ended.then(
      () => this.#notify(),
      () => undefined,
    );
  }

  /** Sends a command without waiting for its end. */
  send(command: Command): void {
    this.child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Sends a command, waits until it is done, and returns its reports. */
  async perform(command: Command): Promise<readonly Report[]> {
    const before = this.reports.length;
    this.send(command);
    await this.until(() => this.reports.slice(before).some(({ what }) => what === "done"));
    return this.reports.slice(before);
  }

  /** Waits until a condition holds. It is checked at every report. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((watcher) => watcher !== check);
      };
      const check = (): void => {
        if (holds()) resolve(finish());
        else if (this.child.exitCode !== null || this.child.signalCode !== null)
          reject(new Error(`the client exited: ${this.errors}`, { cause: finish() }));
      };
      const timer = setTimeout(
        () => reject(new Error(`the condition did not hold in time: ${this.errors}`)),
        TIMEOUT_MS,
      );
      this.#watchers.push(check);
      check();
    });
  }

  /** Kills the client and waits until it has exited. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  #receive(line: string): void {
    this.reports.push(JSON.parse(line));
    this.#notify();
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
