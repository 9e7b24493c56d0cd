/** What the control group of this process allows. Containers limit by it, and `os.cpus()` does not know. */
import { posix } from "node:path";
import { fs } from "./modules.ts";

/** Limits of a control group; absent means none. */
export interface CgroupLimits {
  /** CPUs, with fractions. */
  readonly cpus: number | undefined;
  /** Bytes. */
  readonly memory: number | undefined;
}

interface Membership {
  readonly controllers: readonly string[];
  readonly path: string;
}

/**
 * Reads the tightest limits on the way from the group of this process up to the root: a limit of a parent binds its
 * children, and without a cgroup namespace the process sees only some of these folders.
 *
 * @param root Where `proc` and `sys` are; another folder in tests.
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

/** Lines are `id:controllers:path`; version 2 has the one line `0::path`. */
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

/** Version 2: `"150000 100000"` is one and a half CPUs, `"max 100000"` no limit. */
function readUnifiedQuota(file: string): number[] {
  const [quota, period] = (readText(file) ?? "").trim().split(/\s+/).map(Number);
  return toShare(quota, period);
}

/** Version 1: a quota of -1 is no limit. */
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

/** Whatever the reason, a limit that cannot be read is no reason not to start. */
function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
