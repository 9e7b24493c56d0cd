/** Draining one server in the process that serves it. */
import { withTimeLimit } from "../../node/time-limit.ts";
import type { DrainScope, Member, Serving } from "./lifecycle.ts";

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
  member: Member,
  serving: Serving | undefined,
  times: DrainTimes,
): Promise<boolean> {
  const deadline = performance.now() + times.patience;
  member.closing();
  const [yielded, clean] = await Promise.all([
    member.stepDown(times.patience),
    serving === undefined || drainWithin(serving, times.idleGrace, times.patience),
  ]);
  const wrapped = await member.wrapUp(Math.max(WRAP_UP_GRACE, deadline - performance.now()));
  await runStopped(member);
  return clean && yielded && wrapped;
}

/**
 * Drains with a deadline, then cuts.
 *
 * @param patience In milliseconds; 0 cuts at once.
 * @returns Whether nothing had to be cut.
 */
export async function drainWithin(serving: Serving, idleGrace: number, patience: number): Promise<boolean> {
  const drained = serving.drain(idleGrace).then(
    () => true,
    () => false,
  );
  const clean = await withTimeLimit(drained, patience, () => false);
  if (!clean) serving.destroy();
  return clean;
}

/** Tells the server that draining begins; a hook that fails is logged, because nothing may keep a process from ending. */
export function announceDraining(member: Member, scope: DrainScope): void {
  try {
    member.draining(scope);
  } catch (error) {
    member.log.error({ err: error }, "a draining hook failed");
  }
}

/** Runs the `stopped` hooks; one that fails is logged, for the same reason. */
export async function runStopped(member: Member): Promise<void> {
  try {
    await member.run("stopped");
  } catch (error) {
    member.log.error({ err: error }, "a stopped hook failed");
  }
}
