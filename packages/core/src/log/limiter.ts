/** Limits repeated log lines. Bad input can arrive a thousand times a second, and must not flood the log and the disk. */

/**
 * Calls `log` now, or counts the call. `kind` names what happened: a constant word, never data from outside, because each
 * kind is kept in memory. `log` gets, for its fields, how many lines of that kind were left out since the last one.
 */
export type LogLimiter = (kind: string, log: (leftOut: number) => void) => void;

/** The current second of one kind. */
interface Window {
  readonly endsAt: number;
  printed: number;
  leftOut: number;
  /** The newest line that was not printed. */
  latest: ((leftOut: number) => void) | null;
}

/**
 * Makes a limiter: at most `perSecond` lines a second of each kind. When the second is over, it prints the newest line that
 * was held back, with the count of the others. So the end of a burst is logged, too.
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

/** The limiter of a server, one line a second of each kind; made on first use. */
export function limiterOf(server: object): LogLimiter {
  const limiter = limiters.get(server) ?? createLogLimiter();
  limiters.set(server, limiter);
  return limiter;
}
