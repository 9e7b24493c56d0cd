/** Keeps the log readable when the same thing happens a thousand times a second: bad input must not flood a disk. */

/**
 * Calls `log` now, or counts it. `kind` names what happened (a fixed word, never outside data: each one is remembered);
 * `log` gets the number of lines of that kind that were left out since the last one, for its fields.
 */
export type LogLimiter = (kind: string, log: (leftOut: number) => void) => void;

/** One second of one kind. */
interface Window {
  readonly endsAt: number;
  printed: number;
  leftOut: number;
  /** The newest line that was not printed. */
  latest: ((leftOut: number) => void) | null;
}

/**
 * Makes a limiter: at most `perSecond` lines a second of each kind. The newest one that had to wait is printed when the
 * second is over, with the count of the others, so that the end of a burst is told too.
 *
 * @param perSecond Lines a second of each kind, 1 or more.
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
      setTimeout(tellEnd, window.endsAt - now, kind, window).unref();
    } else {
      window.latest = log;
      window.leftOut++;
    }
  }

  function openWindow(kind: string, now: number, log: (leftOut: number) => void, previous?: Window): void {
    const waiting = previous === undefined || previous.latest === null ? 0 : previous.leftOut + 1;
    if (previous !== undefined) previous.latest = null;
    windows.set(kind, { endsAt: now + 1000, printed: 1, leftOut: 0, latest: null });
    log(waiting);
  }

  function tellEnd(kind: string, window: Window): void {
    const log = window.latest;
    if (log === null) return; // the next second has begun with a line of its own, which told the count
    window.latest = null;
    try {
      openWindow(kind, performance.now(), () => log(window.leftOut));
    } catch {
      // A logger of the user's that throws has no caller to tell here, and must not end the process.
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
