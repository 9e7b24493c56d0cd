/** Shuts one server down in the process that serves it: the drain, then the stop hooks, both within a time limit. */
import type { DrainScope } from "../../capability/contract.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { type CutReport, NOTHING_CUT } from "./cut-report.ts";
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
  /** Over how long the connections begin to drain, at most; by default all begin at once. */
  readonly spreadMs?: number;
}

/** How the service of a process ended. */
export interface ServiceEnd {
  /** Whether nothing had to be cut, and every task of the program ended in time. */
  readonly clean: boolean;
  readonly cut: CutReport;
}

/**
 * Ends the service of this process: aborts the drain signal, drains requests and the leader's tasks, and runs the stop
 * hooks.
 */
export async function finishService(
  delegate: ServerDelegate,
  listener: HttpListener | undefined,
  times: DrainTimes,
): Promise<ServiceEnd> {
  const { timeoutMs } = times;
  const deadline = performance.now() + timeoutMs;
  delegate.closing();
  const [released, drain] = await Promise.all([
    delegate.releaseLeadership(timeoutMs),
    listener === undefined ? NOTHING_DRAINED : drainOrDestroy(listener, times),
  ]);
  const hooksRan = await delegate.runStopHooks(Math.max(STOP_HOOK_GRACE, deadline - performance.now()));
  await runStopped(delegate);
  return { clean: released && drain.clean && hooksRan, cut: drain.cut };
}

const NOTHING_DRAINED: ServiceEnd = { clean: true, cut: NOTHING_CUT };

/** Drains within a time limit, then cuts what is left. */
async function drainOrDestroy(
  listener: HttpListener,
  { idleGrace, timeoutMs, spreadMs = 0 }: DrainTimes,
): Promise<ServiceEnd> {
  // Half of the time at most: a connection that has begun to drain needs time for its requests.
  const drained = listener.drain(idleGrace, Math.min(spreadMs, timeoutMs / 2)).then(
    () => true,
    () => false,
  );
  const clean = await withTimeLimit(drained, timeoutMs, () => false);
  if (clean) return NOTHING_DRAINED;
  const cut = listener.destroy();
  // The `close` event of a cut request starts its clean-up, and the `stopped` hooks await clean-ups that have started.
  await withTimeLimit(drained, CLOSE_GRACE, () => false);
  return { clean: false, cut };
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
