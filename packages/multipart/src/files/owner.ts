/** The names of the directories below `partial/`: each name identifies the process that writes into the directory. */
import type { ProcessIdentity } from "@packetron/core";

/** Returns the directory name of a process, `<boot>n<pid namespace>-<pid>-<start time>`: unique across containers. */
export function ownerName({ boot, namespace, pid, start }: ProcessIdentity): string {
  return `${boot}n${namespace}-${pid}-${start}`;
}

/** Parses a directory name into its process; `null` for a name that `ownerName()` cannot have made. */
export function parseOwner(name: string): ProcessIdentity | null {
  const [, boot, namespace, pid, start] = /^([a-z0-9]+)n(\d+)-(\d{1,10})-(\d{1,20})$/.exec(name) ?? [];
  if (boot === undefined || namespace === undefined || start === undefined) return null;
  return { boot, namespace, pid: Number(pid), start };
}
