/** SIGTERM and SIGINT in the process that decides: the primary, or the only one. Each server that runs takes part. */

/** Something that runs and that a signal stops. */
export interface Stoppable {
  /** Stops gracefully; never rejects. */
  stop(): Promise<void>;
  /** Ends at once what is still there, workers above all. */
  force(): void;
  /** Whether everything could be drained. */
  readonly clean: boolean;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

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
 * one at once, with exit code 1, unless it is an echo of the first. The handlers exist only as long as something runs.
 *
 * @returns Takes it out again.
 */
export function stopOnSignal(stoppable: Stoppable): () => void {
  if (running.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal);
  running.add(stoppable);
  return () => {
    // A server that a signal stops stays: while it stops, a second signal must find it.
    if (stopping || !running.delete(stoppable) || running.size > 0) return;
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

function onSignal(): void {
  const all = [...running];
  if (stopping && performance.now() - stoppingSince < ECHO) return;
  if (stopping) {
    for (const stoppable of all) stoppable.force();
    process.exit(1);
  }
  stopping = true;
  stoppingSince = performance.now();
  // The application may hold the loop open for ever (timers, pools); who was told to end, ends.
  void Promise.allSettled(all.map((stoppable) => stoppable.stop())).then(() => {
    process.exit(all.every((stoppable) => stoppable.clean) ? 0 : 1);
  });
}
