/** Processes that work on one file of global data, and can be killed at any instant. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** What a client is told to do, so many times. */
export interface Command {
  readonly operation: "get" | "set" | "increment" | "hold";
  readonly key: string;
  readonly value?: number;
  readonly times?: number;
  /** Whether each operation is told of. */
  readonly report?: boolean;
}

/** What a client tells. */
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

/** How long anything may take before the test fails, in milliseconds. */
const PATIENCE = 60_000;

/** A running client. */
export class Client {
  readonly child: ChildProcess;
  readonly reports: Report[] = [];
  readonly ended: Promise<unknown>;
  errors = "";
  #watchers: (() => void)[] = [];

  constructor(parent: string, env: NodeJS.ProcessEnv = {}) {
    const path = fileURLToPath(new URL("_fixtures/client.ts", import.meta.url));
    this.child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", path], {
      env: { ...process.env, ...env, TMPDIR: parent },
      stdio: ["pipe", "pipe", "pipe"],
    });
    onTestFinished(() => void this.child.kill("SIGKILL"));
    this.child.stderr?.on("data", (chunk) => {
      this.errors += String(chunk);
    });
    this.child.stdin?.on("error", () => undefined); // it may be dead already
    const lines = createInterface({ input: this.child.stdout ?? process.stdin });
    lines.on("line", (line) => this.#hear(line));
    this.ended = Promise.all([once(this.child, "exit"), once(lines, "close")]);
    this.ended.then(
      () => this.#look(),
      () => undefined,
    );
  }

  /** Gives a command without waiting for it. */
  send(command: Command): void {
    this.child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Gives a command and waits until it is done. */
  async perform(command: Command): Promise<readonly Report[]> {
    const before = this.reports.length;
    this.send(command);
    await this.until(() => this.reports.slice(before).some(({ what }) => what === "done"));
    return this.reports.slice(before);
  }

  /** Waits until something holds, which is looked at with every report. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((watcher) => watcher !== check);
      };
      const check = (): void => {
        if (holds()) resolve(finish());
        else if (this.child.exitCode !== null || this.child.signalCode !== null)
          reject(new Error(`the client ended: ${this.errors}`, { cause: finish() }));
      };
      const timer = setTimeout(() => reject(new Error(`waited in vain: ${this.errors}`)), PATIENCE);
      this.#watchers.push(check);
      check();
    });
  }

  /** Kills the client and waits until it is gone. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  #hear(line: string): void {
    this.reports.push(JSON.parse(line));
    this.#look();
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
