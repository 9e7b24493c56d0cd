/**
 * Decides when the primary restarts a worker that ended, from the history of how workers ended.
 *
 * - A worker that had been ready for at least a second was healthy, and is restarted at once.
 * - A worker that ended earlier is restarted after a delay. Each slot doubles its own delay, up to 30 seconds.
 * - Only workers that were never ready count towards the crash loop, those of all slots together. A worker that had
 *   been ready is restarted for ever, because one client that makes handlers throw must not end the program. While no
 *   other worker serves, the delay is at most a second (or `restartBackoff`, if that is longer), so that service
 *   resumes soon after the client has stopped.
 * - A worker that was killed from outside within the first second in which it was ready does not make the application
 *   suspect. It is restarted after a delay, because the killing may go on. The delay is at most four times
 *   `restartBackoff`.
 */
import { backoffDelay } from "../process/backoff.ts";

/** The settings that the policy depends on; times in milliseconds. */
export interface RestartLimits {
  /** The delay after the first end of a slot whose worker was not healthy. */
  readonly restartBackoff: number;
  /** How many workers have to end without ever being ready, within the window, to make a crash loop. */
  readonly maxRestarts: number;
  readonly restartWindow: number;
}

/** The end of one worker, which has exited, or which drains in order to exit. */
export interface WorkerEnd {
  readonly slot: number;
  /** When the worker ended, in milliseconds of a clock that never steps back. */
  readonly at: number;
  /** For how many milliseconds the worker had been ready; `undefined` if it never was. */
  readonly readyFor: number | undefined;
  /** Whether the system, an operator or the watchdog killed the worker (SIGKILL), and it had reported no error. */
  readonly killed: boolean;
  /** Whether another worker served when this one ended. */
  readonly othersServe: boolean;
  /** The last error of the worker, or how it exited. */
  readonly reason: string;
}

/** The decision: restart after `delay` milliseconds, or stop because of a crash loop. */
export type Verdict =
  | { readonly restart: true; readonly delay: number }
  | { readonly restart: false; readonly earlyEnds: number; readonly firstReason: string };

/** A worker that stayed ready for at least this long was healthy, in milliseconds. */
export const HEALTHY_AFTER = 1_000;

/**
 * The longest delay of a worker that had been ready, while no other worker serves, in milliseconds. A longer
 * `restartBackoff` takes its place.
 */
const MAX_ALONE = 1_000;

/** The longest delay after a worker was killed, as a multiple of the first delay. */
const MAX_KILL_FACTOR = 4;

/**
 * How many ends of workers in one slot the history keeps after `restartWindow`. After so many ends in a row, every
 * delay is at its limit.
 */
const MAX_REMEMBERED = 32;

/**
 * Decides about the worker that ended last in a history.
 *
 * @param random A number from 0 to 1 for the jitter, which leaves 75 to 100 percent of the delay: slots whose workers
 *   ended together must not fork together.
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
 * How many workers may be starting while none is ready. If all of them end early, the crash loop is noticed before more
 * than `maxRestarts` have been forked.
 */
export function trialsLeft(history: readonly WorkerEnd[], limits: RestartLimits, now: number): number {
  return Math.max(1, maxEarlyEnds(limits) - earlyEnds(history, limits, now).length);
}

/** Drops the ends that no later decision depends on. */
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

/** Counts how many of the last workers of a slot, in a row, ended before they were healthy. */
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
