/** Limits repeated log lines. Bad input can arrive a thousand times a second, and must not flood the log and the disk. */

/**
 * Calls `log` now, or only counts the call if too many log lines of one kind are printed. `kind` names what happened: a
 * constant word, never data from outside, because each kind is kept in memory. `log` gets the number of lines of that
 * kind that were left out since the last printed line.
 */
export type LogLimiter = (kind: string, log: (leftOut: number) => void) => void;

/** What the limiter keeps for one kind of log line during the current second. */
interface Window {
  readonly endsAt: number;
  printed: number;
  leftOut: number;
  /** Prints the newest line that was held back; `null` if no line was. */
  latest: ((leftOut: number) => void) | null;
}

/**
 * Makes a limiter of log lines, which prints at most `perSecond` lines a second of each kind. When the second is over,
 * it prints the newest line that was held back, with the count of the other held-back lines. So the end of a burst is
 * logged, too.
 *
 * @param perSecond The number of lines a second of each kind, 1 or more.
 * @default 1
 * @example
 * const limited = createLogLimiter();
 * limited("body", (leftOut) => log.warn({ err, leftOut }, "A body could not be parsed"));
 */
export function createLogLimiter(perSecond = 1): LogLimiter {
  const windows = new Map<string, Window>();

  function limitRate(kind: string, log: (leftOut: number) => void): void {
    const now = performance.now(); // monotonic: a clock that is set back must not silence the log
    const window = windows.get(kind);
    if (window === undefined || now >= window.endsAt) {
      openWindow(kind, now, log, window);
    } else if (window.printed < perSecond) {
      window.printed++;
      log(0);
    } else if (window.latest === null) {
      window.latest = log;
      setTimeout(printLatest, window.endsAt - now, kind, window).unref();
    } else {
      window.latest = log;
      window.leftOut++;
    }
  }

  function openWindow(kind: string, now: number, log: (leftOut: number) => void, previous?: Window): void {
    const leftOut = previous === undefined || previous.latest === null ? 0 : previous.leftOut + 1;
    if (previous !== undefined) previous.latest = null;
    windows.set(kind, { endsAt: now + 1000, printed: 1, leftOut: 0, latest: null });
    log(leftOut);
  }

  function printLatest(kind: string, window: Window): void {
    const log = window.latest;
    if (log === null) return; // the first line of the next second has reported the count
    window.latest = null;
    try {
      openWindow(kind, performance.now(), () => log(window.leftOut));
    } catch {
      // The user's logger has thrown. There is no caller to reject to, and the error must not end the process.
    }
  }

  return limitRate;
}

const limiters = new WeakMap<object, LogLimiter>();

/**
 * Returns the log limiter of a server, which prints one line a second of each kind. The first call makes the limiter.
 */
export function limiterOf(server: object): LogLimiter {
  const limiter = limiters.get(server) ?? createLogLimiter();
  limiters.set(server, limiter);
  return limiter;
}
