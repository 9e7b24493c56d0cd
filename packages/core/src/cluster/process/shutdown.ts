/** Draining one server in the process that serves it. */
import { withTimeLimit } from "../../node/time-limit.ts";
import type { DrainScope, HttpListener, ServerDelegate } from "./lifecycle.ts";

/** The least that the program's `onStop()` tasks get, in milliseconds, when the requests have used up `drainTimeout`. */
export const WRAP_UP_GRACE = 1_000;

/** Milliseconds. */
export interface DrainTimes {
  /** How long idle connections stay open. */
  readonly idleGrace: number;
  /** How long requests and tasks may take. */
  readonly patience: number;
}

/**
 * Ends the service of this process: hints to long answers, what is in flight and the leader's tasks, then what the
 * program has for the end.
 *
 * @returns Whether nothing had to be cut.
 */
export async function finishService(
  delegate: ServerDelegate,
  listener: HttpListener | undefined,
  times: DrainTimes,
): Promise<boolean> {
  const deadline = performance.now() + times.patience;
  delegate.closing();
  const [yielded, clean] = await Promise.all([
    delegate.releaseLeadership(times.patience),
    listener === undefined || drainWithin(listener, times.idleGrace, times.patience),
  ]);
  const wrapped = await delegate.runStopHooks(Math.max(WRAP_UP_GRACE, deadline - performance.now()));
  await runStopped(delegate);
  return clean && yielded && wrapped;
}

/**
 * Drains with a deadline, then cuts.
 *
 * @param patience In milliseconds; 0 cuts at once.
 * @returns Whether nothing had to be cut.
 */
export async function drainWithin(
  listener: HttpListener,
  idleGrace: number,
  patience: number,
): Promise<boolean> {
  const drained = listener.drain(idleGrace).then(
    () => true,
    () => false,
  );
  const clean = await withTimeLimit(drained, patience, () => false);
  if (!clean) listener.destroy();
  return clean;
}

/** Tells the server that draining begins; a hook that fails is logged, because nothing may keep a process from ending. */
export function announceDraining(delegate: ServerDelegate, scope: DrainScope): void {
  try {
    delegate.draining(scope);
  } catch (error) {
    delegate.log.error({ err: error }, "a draining hook failed");
  }
}

/** Runs the `stopped` hooks; one that fails is logged, for the same reason. */
export async function runStopped(delegate: ServerDelegate): Promise<void> {
  try {
    await delegate.run("stopped");
  } catch (error) {
    delegate.log.error({ err: error }, "a stopped hook failed");
  }
}
