import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readCgroupLimits } from "../../src/node/cgroup.ts";

const GIB = 1024 ** 3;

/** Writes files under a temporary root, and reads the limits from them. */
function limitsOf(files: Readonly<Record<string, string>>): ReturnType<typeof readCgroupLimits> {
  const root = mkdtempSync(join(tmpdir(), "packetron-cgroup-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return readCgroupLimits(root);
}

const trees = [
  { name: "no control groups at all", files: {}, limits: {} },
  {
    name: "version 2, seen from inside the container",
    files: {
      "proc/self/cgroup": "0::/\n",
      "sys/fs/cgroup/cpu.max": "150000 100000\n",
      "sys/fs/cgroup/memory.max": `${GIB}\n`,
    },
    limits: { cpus: 1.5, memory: GIB },
  },
  {
    name: "version 2 without limits",
    files: {
      "proc/self/cgroup": "0::/a\n",
      "sys/fs/cgroup/a/cpu.max": "max 100000\n",
      "sys/fs/cgroup/a/memory.max": "max\n",
    },
    limits: {},
  },
  {
    name: "version 2, with the tightest limit in a parent group",
    files: {
      "proc/self/cgroup": "0::/pod/app/leaf\n",
      "sys/fs/cgroup/pod/app/leaf/cpu.max": "max 100000\n",
      "sys/fs/cgroup/pod/app/cpu.max": "400000 100000\n",
      "sys/fs/cgroup/pod/cpu.max": "200000 100000\n",
    },
    limits: { cpus: 2 },
  },
  {
    name: "version 2 with the host's path, of which only the end is mounted",
    files: { "proc/self/cgroup": "0::/docker/abc\n", "sys/fs/cgroup/cpu.max": "50000 100000\n" },
    limits: { cpus: 0.5 },
  },
  {
    name: "version 1",
    files: {
      "proc/self/cgroup": "4:memory:/m\n3:cpu,cpuacct:/c\n2:cpuset:/\n1:name=systemd:/\n0::/\n",
      "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "250000\n",
      "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/m/memory.limit_in_bytes": `${2 * GIB}\n`,
    },
    limits: { cpus: 2.5, memory: 2 * GIB },
  },
  {
    name: "version 1 without a quota",
    files: {
      "proc/self/cgroup": "1:cpu:/\n",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
    limits: {},
  },
  {
    name: "malformed files",
    files: {
      "proc/self/cgroup": "x\n0:/\n0::/../../etc\n",
      "sys/fs/cgroup/cpu.max": "\n",
      "sys/fs/cgroup/memory.max": "0x\n",
    },
    limits: {},
  },
];

test.each(trees)("$name", ({ files, limits }) => {
  expect(limitsOf(files)).toEqual({ cpus: undefined, memory: undefined, ...limits });
});
