/** The shutdown of one server in the process that serves it: drain, stop hooks, and a time limit for both. */
import type { DrainScope } from "../../capability/contract.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import type { HttpListener, ServerDelegate } from "./lifecycle.ts";

/** The least time for the program's `onStop()` tasks, in milliseconds, if the requests have used up `drainTimeout`. */
export const STOP_HOOK_GRACE = 1_000;

/** How long connections that were cut may take to close, in milliseconds; one turn of the event loop is the rule. */
export const CLOSE_GRACE = 250;

/** Times in milliseconds. */
export interface DrainTimes {
  /** How long idle connections stay open. */
  readonly idleGrace: number;
  /** How long requests and tasks may take. */
  readonly timeoutMs: number;
}

/**
 * Ends the service of this process: aborts the drain signal, drains requests and the leader's tasks, and runs the stop
 * hooks.
 *
 * @returns Whether nothing had to be cut.
 */
export async function finishService(
  delegate: ServerDelegate,
  listener: HttpListener | undefined,
  { idleGrace, timeoutMs }: DrainTimes,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  delegate.closing();
  const [released, drained] = await Promise.all([
    delegate.releaseLeadership(timeoutMs),
    listener === undefined || drainOrDestroy(listener, idleGrace, timeoutMs),
  ]);
  const hooksRan = await delegate.runStopHooks(Math.max(STOP_HOOK_GRACE, deadline - performance.now()));
  await runStopped(delegate);
  return released && drained && hooksRan;
}

/** Drains within a time limit, then cuts and waits for the requests to close; gives whether nothing had to be cut. */
async function drainOrDestroy(
  listener: HttpListener,
  idleGrace: number,
  timeoutMs: number,
): Promise<boolean> {
  const drained = listener.drain(idleGrace).then(
    () => true,
    () => false,
  );
  const clean = await withTimeLimit(drained, timeoutMs, () => false);
  if (clean) return true;
  listener.destroy();
  // Aborted requests begin their clean-up on `close`; the `stopped` hooks wait for a clean-up that has begun.
  await withTimeLimit(drained, CLOSE_GRACE, () => false);
  return false;
}

/** Announces that draining begins. A hook that throws is logged: it must not keep the process from exiting. */
export function announceDraining(delegate: ServerDelegate, scope: DrainScope): void {
  try {
    delegate.draining(scope);
  } catch (error) {
    delegate.log.error({ err: error }, "a draining hook failed");
  }
}

/** Runs the `stopped` hooks. A hook that fails is logged, for the same reason. */
export async function runStopped(delegate: ServerDelegate): Promise<void> {
  try {
    await delegate.run("stopped");
  } catch (error) {
    delegate.log.error({ err: error }, "a stopped hook failed");
  }
}
