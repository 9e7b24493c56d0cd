/** Starts a server program like a user, and stops it by a signal. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** A running server program. */
export interface Program {
  /** The origin of the server: `http://127.0.0.1:40001`. */
  readonly origin: string;
  readonly pid: number;
  /** Returns the output on stdout and stderr so far. */
  output(): string;
  /** Resolves to the exit code of the program, or to the name of the signal that killed it. */
  readonly ended: Promise<number | string>;
  /** Sends a signal, and resolves like `ended`. Rejects when the program does not exit. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** How to start a program. */
export interface ProgramOptions {
  readonly cwd: string;
  /** Variables to add to the environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * How long the program may take to print its origin, and to exit, in milliseconds.
   * @default 30000
   */
  readonly timeoutMs?: number;
  /**
   * Registers the function that ends the program if it still runs.
   * @default the end of the test
   */
  readonly whenDone?: (end: () => Promise<void>) => void;
}

const ORIGIN = /http:\/\/127\.0\.0\.1:\d+/;

/**
 * Runs a command whose program prints `http://127.0.0.1:<port>` once it listens. If it still runs, it is killed at the end
 * of the test, or when the function given to `whenDone` is called.
 */
export async function startProgram(command: readonly string[], options: ProgramOptions): Promise<Program> {
  const [file = "", ...args] = command;
  const { timeoutMs = 30_000, whenDone = onTestFinished } = options;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // In its own process group, so that one signal at the end of the test reaches all processes of the program.
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
      () => reject(new Error(`The program did not print its origin in time:\n${output}`)),
      timeoutMs,
    ).unref();
  });

  return {
    origin,
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      return Promise.race([ended, notEnded(timeoutMs)]);
    },
  };
}

function notEnded(timeoutMs: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error("The program did not end after the signal.")), timeoutMs).unref();
  });
}

/** Ends the processes of a failed test. SIGTERM first, because only pnpm can stop the process group of its script. */
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
    // ESRCH: all processes of the group have exited, as after a successful test.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
