/** Directory names below `partial/`: each one identifies the process that writes there. */
import type { ProcessIdentity } from "@packetron/core";

/** The directory name of a process: `<boot>-<pid>-<start>`, where `<boot>` includes the namespace of process ids. */
export function ownerName({ boot, namespace, pid, start }: ProcessIdentity): string {
  return `${boot}n${namespace}-${pid}-${start}`;
}

/** Parses a directory name into its process; `null` for a name that `ownerName()` cannot have made. */
export function parseOwner(name: string): ProcessIdentity | null {
  const [, boot, namespace, pid, start] = /^([a-z0-9]+)n(\d+)-(\d{1,10})-(\d{1,20})$/.exec(name) ?? [];
  if (boot === undefined || namespace === undefined || start === undefined) return null;
  return { boot, namespace, pid: Number(pid), start };
}
