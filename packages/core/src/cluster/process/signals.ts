/**
 * What signals and uncaught exceptions do in the primary or the single process. SIGTERM and SIGINT stop every running
 * server, SIGHUP reloads, and an uncaught exception stops the servers with exit code 1.
 */

import { flushOutput } from "../../log/flush-output.ts";
import { createLogLimiter, type Logger } from "../../log/logger.ts";
import { fs } from "../../node/modules.ts";
import { countOf, inSeconds } from "./cut-report.ts";
import type { ReloadResult, ServerDelegate } from "./lifecycle.ts";

/** What signals and uncaught exceptions need of a running server. */
export interface Stoppable {
  readonly role: "primary" | "single";
  readonly delegate: Pick<ServerDelegate, "log" | "settings">;
  /** Counts the requests that are being answered now. */
  countInFlight(): Promise<number>;
  /** Drains and stops the server; never rejects. */
  stop(): Promise<void>;
  /** Kills the workers, or cuts the connections, at once. */
  force(): void;
  /** Replaces the workers; never rejects. Servers that share workers share one reload. */
  reload(): Promise<ReloadResult>;
  /**
   * Logs an uncaught exception and reports it to the program; sets `clean` to false.
   *
   * @param leftOut How many earlier exceptions were not reported, because they were too many in one second.
   */
  reportUncaught(error: unknown, leftOut: number): void;
  /** Whether nothing had to be cut or killed, and no exception was uncaught. */
  readonly clean: boolean;
}

/** The log message for an uncaught exception in the primary or the single process. */
export const UNCAUGHT =
  "uncaught exception: the server finishes the requests in flight, then the process exits";

const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * How long a second signal counts as an echo of the first, in milliseconds. A signal to a whole process group arrives
 * twice, because npm or pnpm in between forwards its copy.
 */
const ECHO_WINDOW = 100;

/** How many uncaught exceptions are reported in a second. */
export const REPORTS_PER_SECOND = 10;

/**
 * A report can cause the next uncaught exception, for instance when the logger writes to a closed pipe. Without a limit,
 * nothing else would run in the process, not even its stop.
 */
const limited = createLogLimiter(REPORTS_PER_SECOND);

const running = new Set<Stoppable>();
let stopping = false;
let stoppingSince = 0;

/**
 * Lets signals stop a server. The first signal drains it and exits with code 0, or 1 if requests had to be cut. A
 * second signal that is not an echo exits at once with code 1. Log lines say what the stop waits for and how it ended.
 * An uncaught exception drains like a first signal and exits with code 1. The handlers exist only while a server runs.
 *
 * @returns A function that removes the server.
 */
export function stopOnSignal(stoppable: Stoppable): () => void {
  if (running.size === 0) {
    for (const signal of STOP_SIGNALS) process.on(signal, onStopSignal);
    process.on("uncaughtException", onUncaught);
    // SIGHUP from a terminal means that the terminal has closed, and Node's default ends the program. This looks for
    // the terminal now, because a closed terminal cannot be found when the signal arrives.
    if (!hasTerminal()) process.on("SIGHUP", onHangUp);
  }
  running.add(stoppable);
  return () => {
    // Servers that a signal stops stay listed, so that a second signal finds them.
    if (stopping || !running.delete(stoppable) || running.size > 0) return;
    for (const signal of STOP_SIGNALS) process.off(signal, onStopSignal);
    process.off("uncaughtException", onUncaught);
    process.off("SIGHUP", onHangUp);
  };
}

/** Whether this process belongs to a terminal, even if its input and output are redirected. */
export function hasTerminal(): boolean {
  // On Windows a console that closes ends its processes about ten seconds later in any case.
  if (process.platform === "win32") return true;
  try {
    // /dev/tty is the terminal of the process that opens it; a process without one gets ENXIO.
    fs.closeSync(fs.openSync("/dev/tty", fs.constants.O_RDONLY | fs.constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

function onStopSignal(signal: NodeJS.Signals): void {
  const isEcho = stopping && performance.now() - stoppingSince < ECHO_WINDOW;
  if (isEcho) return;
  if (!stopping) return stopAll(signal);
  firstLog()?.warn({ signal }, `ended at once, because ${signal} came while the program was stopping`);
  for (const stoppable of running) stoppable.force();
  process.exit(1);
}

/**
 * Reloads the program at SIGHUP. Does nothing if the application has a SIGHUP listener of its own, which decides
 * instead.
 */
function onHangUp(): void {
  if (stopping || process.listenerCount("SIGHUP") > 1) return;
  const all = [...running];
  const one = all.find(({ role }) => role === "primary") ?? all[0];
  void one?.reload();
}

/**
 * Stops the servers at an uncaught exception. Does nothing if the application has a listener of its own for uncaught
 * exceptions, which decides instead.
 */
function onUncaught(error: unknown): void {
  if (process.listenerCount("uncaughtException") > 1) return;
  limited("uncaught", (leftOut) => {
    for (const stoppable of running) stoppable.reportUncaught(error, leftOut);
  });
  if (!stopping) stopAll();
}

function stopAll(signal?: NodeJS.Signals): void {
  const all = [...running];
  stopping = true;
  stoppingSince = performance.now();
  // The workers count before they begin to drain, because the question is sent before the order to drain.
  const announced = signal === undefined ? undefined : announceStop(signal, all);
  const stopped = all.map((stoppable) => stoppable.stop());
  // Timers and pools of the application can keep the event loop alive for ever, so this calls process.exit().
  void Promise.allSettled([announced, ...stopped]).then(async () => {
    const code = all.every((stoppable) => stoppable.clean) ? 0 : 1;
    firstLog()?.info({}, code === 0 ? "stopped" : "stopped with exit code 1: the lines above say why");
    await flushOutput();
    process.exit(code);
  });
}

/** Logs how many requests the stop waits for, and how long at most. */
async function announceStop(signal: NodeJS.Signals, all: readonly Stoppable[]): Promise<void> {
  const counts = await Promise.all(all.map((stoppable) => stoppable.countInFlight()));
  const inFlight = counts.reduce((sum, count) => sum + count, 0);
  const limits = all.map(({ delegate: { settings } }) => settings.preDrainDelay + settings.drainTimeout);
  const limit = inSeconds(Math.max(...limits));
  firstLog()?.info(
    { signal, inFlight },
    `stopping (${signal}): ${countOf(inFlight, "request")} in flight, up to ${limit}; the signal again ends at once`,
  );
}

/** The log for lines about the whole program: that of the server that was started first. */
function firstLog(): Logger | undefined {
  return [...running][0]?.delegate.log;
}
