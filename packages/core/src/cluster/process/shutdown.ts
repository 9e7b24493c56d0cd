/** Shuts one server down in the process that serves it: the drain, then the stop hooks, both within a time limit. */
import type { DrainScope } from "../../capability/contract.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import type { HttpListener, ServerDelegate } from "./lifecycle.ts";

/** How long the program's `onStop()` tasks may run when requests have used up `drainTimeout`, in milliseconds. */
export const STOP_HOOK_GRACE = 1_000;

/** How long connections may take to close after they were cut, in milliseconds. One turn of the event loop is usual. */
export const CLOSE_GRACE = 250;

/** The time limits of a drain, in milliseconds. */
export interface DrainTimes {
  /** How long idle connections stay open. */
  readonly idleGrace: number;
  /** How long requests in flight and the leader's tasks may take. */
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

/** Drains within a time limit, then cuts what is left. Returns whether nothing had to be cut. */
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
  // The `close` event of a cut request starts its clean-up, and the `stopped` hooks await clean-ups that have started.
  await withTimeLimit(drained, CLOSE_GRACE, () => false);
  return false;
}

/** Runs the `draining` hooks. Logs a hook that throws, so that it does not keep the process from exiting. */
export function announceDraining(delegate: ServerDelegate, scope: DrainScope): void {
  try {
    delegate.draining(scope);
  } catch (error) {
    delegate.log.error({ err: error }, "a draining hook failed");
  }
}

/** Runs the `stopped` hooks. Logs a hook that fails, so that it does not keep the process from exiting. */
export async function runStopped(delegate: ServerDelegate): Promise<void> {
  try {
    await delegate.run("stopped");
  } catch (error) {
    delegate.log.error({ err: error }, "a stopped hook failed");
  }
}
