/**
 * Signals and uncaught exceptions in the process that decides for all: the primary or the only one. SIGTERM and SIGINT
 * stop every server that runs, SIGHUP reloads, and an uncaught exception stops with exit code 1.
 */

import { flushOutput } from "../../log/flush-output.ts";
import { fs } from "../../node/modules.ts";
import type { ReloadResult } from "./lifecycle.ts";

/** A running server that a signal stops. */
export interface Stoppable {
  readonly role: "primary" | "single";
  /** Stops gracefully; never rejects. */
  stop(): Promise<void>;
  /** Ends workers and connections at once. */
  force(): void;
  /** Replaces the workers; never rejects. Servers that share workers share this. */
  reload(): Promise<ReloadResult>;
  /** Logs and reports an uncaught exception; from then on the server is not clean. */
  reportUncaught(error: unknown): void;
  /** Whether everything could be drained. */
  readonly clean: boolean;
}

/** The log message for an uncaught exception. */
export const UNCAUGHT = "an error was not caught: the server finishes what it has, and ends";

const ENDING = ["SIGTERM", "SIGINT"] as const;

/**
 * Within this time a further signal counts as an echo of the first one, in milliseconds. A signal that a process manager
 * sends to a whole process group arrives twice, because npm or pnpm in between forward their copy.
 */
const ECHO = 100;

const running = new Set<Stoppable>();
let stopping = false;
let stoppingSince = 0;

/**
 * Lets signals stop a server: the first signal gracefully, with exit code 0 (1 if the time limit had to force it); the
 * second one at once, with exit code 1, unless it is an echo of the first. An uncaught exception stops like a first
 * signal, with exit code 1. The handlers exist only while a server runs.
 *
 * @returns A function that removes the server.
 */
export function stopOnSignal(stoppable: Stoppable): () => void {
  if (running.size === 0) {
    for (const signal of ENDING) process.on(signal, onEnding);
    process.on("uncaughtException", onUncaught);
    // With a terminal, SIGHUP means that the terminal has closed, and the program exits as any other. Decided now,
    // because the terminal is missing by then.
    if (!hasTerminal()) process.on("SIGHUP", onHangUp);
  }
  running.add(stoppable);
  return () => {
    // While a signal stops the servers they stay listed, so that a second signal finds them.
    if (stopping || !running.delete(stoppable) || running.size > 0) return;
    for (const signal of ENDING) process.off(signal, onEnding);
    process.off("uncaughtException", onUncaught);
    process.off("SIGHUP", onHangUp);
  };
}

/** Whether this process belongs to a terminal, independent of its input and output. */
export function hasTerminal(): boolean {
  // On Windows a console that closes ends the process within ten seconds in any case.
  if (process.platform === "win32") return true;
  try {
    // The name of the own terminal of each process; without one, opening fails with ENXIO.
    fs.closeSync(fs.openSync("/dev/tty", fs.constants.O_RDONLY | fs.constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

function onEnding(): void {
  const isEcho = stopping && performance.now() - stoppingSince < ECHO;
  if (isEcho) return;
  if (!stopping) return stopAll();
  for (const stoppable of running) stoppable.force();
  process.exit(1);
}

/** Does nothing if the application listens, too: then it decides what happens, as it would without Packetron. */
function onHangUp(): void {
  if (stopping || process.listenerCount("SIGHUP") > 1) return;
  const all = [...running];
  const one = all.find(({ role }) => role === "primary") ?? all[0];
  void one?.reload();
}

function onUncaught(error: unknown): void {
  if (process.listenerCount("uncaughtException") > 1) return;
  for (const stoppable of running) stoppable.reportUncaught(error);
  if (!stopping) stopAll();
}

function stopAll(): void {
  const all = [...running];
  stopping = true;
  stoppingSince = performance.now();
  // The application may hold the event loop open for ever (timers, pools), so the process has to exit by itself.
  void Promise.allSettled(all.map((stoppable) => stoppable.stop())).then(async () => {
    await flushOutput();
    process.exit(all.every((stoppable) => stoppable.clean) ? 0 : 1);
  });
}
