/** Draining one server in the process that serves it. */
import type { Member, Serving } from "./lifecycle.ts";

/**
 * Drains with a deadline, then cuts.
 *
 * @param patience In milliseconds; 0 cuts at once.
 * @returns Whether nothing had to be cut.
 */
export async function drainWithin(serving: Serving, idleGrace: number, patience: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patience, false);
  });
  const drained = serving.drain(idleGrace).then(
    () => true,
    () => false,
  );
  const clean = await Promise.race([drained, deadline]);
  clearTimeout(timer);
  if (!clean) serving.destroy();
  return clean;
}

/** Tells the server that draining begins; a hook that fails is logged, because nothing may keep a process from ending. */
export function announceDraining(member: Member): void {
  try {
    member.draining();
  } catch (error) {
    member.log.error({ err: error }, "a draining hook failed");
  }
}

/** Resolves after so many milliseconds, without keeping the process alive. */
export function pause(duration: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, duration).unref();
  });
}

/** Runs the `stopped` hooks; one that fails is logged, for the same reason. */
export async function runStopped(member: Member): Promise<void> {
  try {
    await member.run("stopped");
  } catch (error) {
    member.log.error({ err: error }, "a stopped hook failed");
  }
}
