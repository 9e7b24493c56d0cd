/** Starts a server program as a user would and stops it with a signal. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** A running server program. */
export interface Program {
  /** Where it answers: `http://127.0.0.1:40001`. */
  readonly origin: string;
  readonly pid: number;
  /** Everything it has written to stdout and stderr. */
  output(): string;
  /** Resolves with the exit code once the program has ended, or with the name of the signal that killed it. */
  readonly ended: Promise<number | string>;
  /** Sends a signal and resolves as `ended` does; rejects when the program goes on. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** How to start a program. */
export interface ProgramOptions {
  readonly cwd: string;
  /** Added to the environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * How long it may take to say where it listens, and to end, in milliseconds.
   * @default 30000
   */
  readonly patience?: number;
  /**
   * Keeps what ends the program, should it still run.
   * @default the end of the test
   */
  readonly whenDone?: (end: () => Promise<void>) => void;
}

const ORIGIN = /http:\/\/127\.0\.0\.1:\d+/;

/**
 * Runs a command whose program prints `http://127.0.0.1:<port>` once it listens. It is killed when the test ends, or when
 * `whenDone` says so, should it still run.
 */
export async function startProgram(command: readonly string[], options: ProgramOptions): Promise<Program> {
  const [file = "", ...args] = command;
  const { patience = 30_000, whenDone = onTestFinished } = options;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that one signal at the end of the test reaches whatever the program has started.
    detached: true,
  });
  let output = "";
  const ended = once(child, "exit").then(
    ([code, signal]: (number | string | null)[]) => code ?? signal ?? "unknown",
  );
  whenDone(() => endAll(child, ended));

  const origin = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const found = ORIGIN.exec(output);
      if (found !== null) resolve(found[0]);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once("error", reject);
    ended.then(
      (status) => reject(new Error(`The program ended with ${status} before it listened:\n${output}`)),
      reject,
    );
    setTimeout(
      () => reject(new Error(`The program did not say where it listens:\n${output}`)),
      patience,
    ).unref();
  });

  return {
    origin,
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      return Promise.race([ended, notEnded(patience)]);
    },
  };
}

function notEnded(patience: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error("The program did not end after the signal.")), patience).unref();
  });
}

/** Ends what a failed test has left: asked first, because pnpm gives its script a group that only pnpm reaches. */
async function endAll(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    signalGroup(child, "SIGTERM");
    await Promise.race([ended, delay(5_000, undefined, { ref: false })]);
  }
  signalGroup(child, "SIGKILL");
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: everything of the group has ended, which is what a good test leaves behind.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
