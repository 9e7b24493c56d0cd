/** The limits of this process's control group. Containers are limited by control groups, which `os.cpus()` ignores. */
import { posix } from "node:path";
import { fs } from "./modules.ts";

/** Limits of a control group; `undefined` means unlimited. */
export interface CgroupLimits {
  /** The number of CPUs, which may be fractional: 1.5. */
  readonly cpus: number | undefined;
  /** The memory in bytes. */
  readonly memory: number | undefined;
}

interface Membership {
  readonly controllers: readonly string[];
  readonly path: string;
}

/**
 * Reads the limits of this process's control group and of all groups above, and returns the lowest of each kind,
 * because the limit of a group also binds its children. In a container without a cgroup namespace, the process sees
 * only some of these groups' folders.
 *
 * @param root The folder that contains `proc` and `sys`; tests pass a folder of their own.
 */
export function readCgroupLimits(root = "/"): CgroupLimits {
  const mount = posix.join(root, "sys/fs/cgroup");
  const cpus: number[] = [];
  const memory: number[] = [];
  for (const { controllers, path } of readMemberships(posix.join(root, "proc/self/cgroup"))) {
    for (const folder of foldersUpwards(path)) {
      if (controllers.length === 0) {
        cpus.push(...readUnifiedQuota(posix.join(mount, folder, "cpu.max")));
        memory.push(...readNumber(posix.join(mount, folder, "memory.max")));
      }
      if (controllers.includes("cpu")) {
        for (const name of new Set(["cpu", controllers.join(",")])) {
          cpus.push(...readLegacyQuota(posix.join(mount, name, folder)));
        }
      }
      if (controllers.includes("memory")) {
        memory.push(...readNumber(posix.join(mount, "memory", folder, "memory.limit_in_bytes")));
      }
    }
  }
  return { cpus: smallest(cpus), memory: smallest(memory) };
}

/** Reads lines of the form `id:controllers:path`. Control groups of version 2 have the single line `0::path`. */
function readMemberships(file: string): Membership[] {
  return (readText(file) ?? "").split("\n").flatMap((line) => {
    const [, id, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (id === undefined || controllers === undefined || path === undefined) return [];
    return [
      { controllers: controllers.split(",").filter((name) => name !== ""), path: posix.normalize(path) },
    ];
  });
}

function foldersUpwards(path: string): string[] {
  return path === "/" ? ["/"] : [path, ...foldersUpwards(posix.dirname(path))];
}

/** Reads the CPU limit of a version 2 group: `"150000 100000"` means 1.5 CPUs, `"max 100000"` means unlimited. */
function readUnifiedQuota(file: string): number[] {
  const [quota, period] = (readText(file) ?? "").trim().split(/\s+/).map(Number);
  return toShare(quota, period);
}

/** Reads the CPU limit of a version 1 group; a quota of -1 means unlimited. */
function readLegacyQuota(folder: string): number[] {
  const [quota] = readNumber(posix.join(folder, "cpu.cfs_quota_us"));
  const [period] = readNumber(posix.join(folder, "cpu.cfs_period_us"));
  return toShare(quota, period);
}

function toShare(quota: number | undefined, period: number | undefined): number[] {
  const share = Number(quota) / Number(period);
  return Number.isFinite(share) && share > 0 ? [share] : [];
}

function readNumber(file: string): number[] {
  const text = readText(file)?.trim();
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && value > 0 ? [value] : [];
}

function smallest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}

/** Reads a file. Any failure counts as a missing file: a limit that cannot be read must not prevent the start. */
function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
