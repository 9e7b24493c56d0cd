/**
 * What ends or renews the program from outside, in the process that decides, the primary or the only one: SIGTERM and
 * SIGINT, SIGHUP, and an error that nobody caught. Each server that runs takes part.
 */

import { flushOutput } from "../../log/flush-output.ts";
import { fs } from "../../node/modules.ts";
import type { ReloadResult } from "./lifecycle.ts";

/** Something that runs and that a signal stops. */
export interface Stoppable {
  readonly role: "primary" | "single";
  /** Stops gracefully; never rejects. */
  stop(): Promise<void>;
  /** Ends at once what is still there, workers above all. */
  force(): void;
  /** Replaces the workers; never rejects. Servers that share them have one for all. */
  reload(): Promise<ReloadResult>;
  /** Logs and tells an error that nobody caught; from then on it does not end clean. */
  tellUncaught(error: unknown): void;
  /** Whether everything could be drained. */
  readonly clean: boolean;
}

/** The line for an error that ends the program. */
export const UNCAUGHT = "an error was not caught: the server finishes what it has, and ends";

const ENDING = ["SIGTERM", "SIGINT"] as const;

/**
 * How soon a further signal is the first one still, in milliseconds. What a process manager sends to a whole process
 * group arrives directly, and once more from npm or pnpm in between, which pass on their own copy.
 */
const ECHO = 100;

const running = new Set<Stoppable>();
let stopping = false;
let stoppingSince = 0;

/**
 * Lets signals stop it: the first one gracefully, with exit code 0 (1 when the deadline had to force it), the second
 * one at once, with exit code 1, unless it is an echo of the first. An error that nobody caught stops it like a first
 * signal, with exit code 1. The handlers exist only as long as something runs.
 *
 * @returns Takes it out again.
 */
export function stopOnSignal(stoppable: Stoppable): () => void {
  if (running.size === 0) {
    for (const signal of ENDING) process.on(signal, onEnding);
    process.on("uncaughtException", onUncaught);
    // From a terminal it means that the terminal is gone: the program ends as every other. Decided now, because then
    // there is none any more.
    if (!hasTerminal()) process.on("SIGHUP", onHangUp);
  }
  running.add(stoppable);
  return () => {
    // A server that a signal stops stays: while it stops, a second signal must find it.
    if (stopping || !running.delete(stoppable) || running.size > 0) return;
    for (const signal of ENDING) process.off(signal, onEnding);
    process.off("uncaughtException", onUncaught);
    process.off("SIGHUP", onHangUp);
  };
}

/** Whether this process belongs to a terminal, wherever its input and output go. */
export function hasTerminal(): boolean {
  // On Windows a console that closes ends the process ten seconds later, whatever it does.
  if (process.platform === "win32") return true;
  try {
    // Every process may open its own terminal under this name; without one it fails with ENXIO.
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

/** A listener of the application makes it the application's business, as it would be without Packetron. */
function onHangUp(): void {
  if (stopping || process.listenerCount("SIGHUP") > 1) return;
  const all = [...running];
  const one = all.find(({ role }) => role === "primary") ?? all[0];
  void one?.reload();
}

function onUncaught(error: unknown): void {
  if (process.listenerCount("uncaughtException") > 1) return;
  for (const stoppable of running) stoppable.tellUncaught(error);
  if (!stopping) stopAll();
}

function stopAll(): void {
  const all = [...running];
  stopping = true;
  stoppingSince = performance.now();
  // The application may hold the loop open for ever (timers, pools); who was told to end, ends.
  void Promise.allSettled(all.map((stoppable) => stoppable.stop())).then(async () => {
    await flushOutput();
    process.exit(all.every((stoppable) => stoppable.clean) ? 0 : 1);
  });
}
