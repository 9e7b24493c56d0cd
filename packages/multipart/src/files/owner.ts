/** Who writes below `partial/`, as the name of a directory. */
import type { ProcessIdentity } from "@packetron/core";

/** The name of a process's directory: `<boot>-<pid>-<start>`, the boot with its namespace of process ids. */
export function ownerName({ boot, namespace, pid, start }: ProcessIdentity): string {
  return `${boot}n${namespace}-${pid}-${start}`;
}

/** The process of a directory, `null` when the name is not one of ours. */
export function parseOwner(name: string): ProcessIdentity | null {
  const [, boot, namespace, pid, start] = /^([a-z0-9]+)n(\d+)-(\d{1,10})-(\d{1,20})$/.exec(name) ?? [];
  if (boot === undefined || namespace === undefined || start === undefined) return null;
  return { boot, namespace, pid: Number(pid), start };
}
