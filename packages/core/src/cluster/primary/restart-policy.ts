/**
 * When a worker that ended is restarted, judged from the history of such ends.
 *
 * - A healthy worker, ready for at least a second, is restarted at once.
 * - A worker that ended before that waits, and each slot doubles its own delay.
 * - Only workers that were never ready count towards the crash loop, those of all slots together. A worker that was ready
 *   is restarted for ever: one client that makes handlers throw must not end the program. While no other worker serves,
 *   it waits a second at most, so that the service is back soon after the client has stopped.
 * - A worker that was ready and killed by a signal from outside says nothing against the application. It waits, because
 *   the killing may go on, but never long.
 */
import { backoffDelay } from "../process/backoff.ts";

/** The settings that matter here; times in milliseconds. */
export interface RestartLimits {
  /** The delay after the first end of a slot whose worker was not healthy. */
  readonly restartBackoff: number;
  /** Ends of workers that were never ready, within the window, that make a crash loop. */
  readonly maxRestarts: number;
  readonly restartWindow: number;
}

/** How one worker ended: it exited, or left to be replaced. */
export interface WorkerEnd {
  readonly slot: number;
  /** When, in milliseconds of a clock that never steps back. */
  readonly at: number;
  /** For how many milliseconds it had been ready; `undefined` if it never was. */
  readonly readyFor: number | undefined;
  /** Whether the system or an operator killed it (SIGKILL), and it had reported no error. */
  readonly killed: boolean;
  /** Whether another worker served when it ended. */
  readonly othersServe: boolean;
  /** Its last error, or how it exited. */
  readonly reason: string;
}

/** Restart after a delay in milliseconds, or stop: a crash loop. */
export type Verdict =
  | { readonly restart: true; readonly delay: number }
  | { readonly restart: false; readonly earlyEnds: number; readonly firstReason: string };

/** A worker is healthy once it has been ready for this long, in milliseconds. */
export const HEALTHY_AFTER = 1_000;

/** The longest delay of a worker that was ready, while no other serves, in milliseconds. */
const MAX_ALONE = 1_000;

/** The longest delay after a kill, in times of the first one. */
const MAX_KILL_FACTOR = 4;

/** Ends of one slot that are remembered: with this many in a row every backoff is at its limit. */
const MAX_REMEMBERED = 32;

/**
 * Judges the last end of a history.
 *
 * @param random Uniform from 0 to 1, for the jitter: slots whose workers ended together must not fork together.
 */
export function judgeRestart(
  history: readonly WorkerEnd[],
  limits: RestartLimits,
  random: number = Math.random(),
): Verdict {
  const end = history.at(-1);
  if (end === undefined || isHealthy(end)) return { restart: true, delay: 0 };
  const failures = countFailures(history, end.slot) - 1;
  const jitter = 0.75 + random / 4;
  if (isKilled(end)) {
    const delay = limits.restartBackoff * Math.min(2 ** failures, MAX_KILL_FACTOR);
    return { restart: true, delay: Math.round(delay * jitter) };
  }
  const delay = backoffDelay(limits.restartBackoff, failures);
  if (end.readyFor !== undefined) {
    const longest = end.othersServe ? delay : Math.max(limits.restartBackoff, MAX_ALONE);
    return { restart: true, delay: Math.round(Math.min(delay, longest) * jitter) };
  }
  const early = [...earlyEnds(history.slice(0, -1), limits, end.at), end];
  const [first = end] = early;
  if (early.length >= maxEarlyEnds(limits))
    return { restart: false, earlyEnds: early.length, firstReason: first.reason };
  return { restart: true, delay: Math.round(delay * jitter) };
}

/**
 * How many workers may be starting while not one is ready: if none of them gets ready, the crash loop must be noticed
 * before more than `maxRestarts` have been forked.
 */
export function trialsLeft(history: readonly WorkerEnd[], limits: RestartLimits, now: number): number {
  return Math.max(1, maxEarlyEnds(limits) - earlyEnds(history, limits, now).length);
}

/** Drops ends that no later verdict depends on. */
export function trimHistory(
  history: readonly WorkerEnd[],
  { restartWindow }: RestartLimits,
  now: number,
): WorkerEnd[] {
  const counts = new Map<number, number>();
  const isNeeded = ({ slot, at }: WorkerEnd): boolean => {
    const count = (counts.get(slot) ?? 0) + 1;
    counts.set(slot, count);
    return count <= MAX_REMEMBERED || at > now - restartWindow;
  };
  return history.toReversed().filter(isNeeded).toReversed();
}

function isHealthy({ readyFor }: WorkerEnd): boolean {
  return readyFor !== undefined && readyFor >= HEALTHY_AFTER;
}

function isKilled({ readyFor, killed }: WorkerEnd): boolean {
  return killed && readyFor !== undefined;
}

/** How many times in a row, up to now, workers of the slot ended before they were healthy. */
function countFailures(history: readonly WorkerEnd[], slot: number): number {
  const ofSlot = history.filter((end) => end.slot === slot);
  return ofSlot.length - 1 - ofSlot.findLastIndex(isHealthy);
}

/** The ends within the window of workers that were never ready. */
function earlyEnds(
  history: readonly WorkerEnd[],
  { restartWindow }: RestartLimits,
  now: number,
): WorkerEnd[] {
  return history.filter(({ readyFor, at }) => readyFor === undefined && at > now - restartWindow);
}

function maxEarlyEnds({ maxRestarts }: RestartLimits): number {
  return Math.max(1, maxRestarts);
}
