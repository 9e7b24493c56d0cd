import { expect, onTestFinished, test, vi } from "vitest";
import { MEMORY_PER_WORKER, resolveThreads, sizeForMachine } from "../../../src/cluster/process/sizing.ts";

const GIB = 1024 ** 3;
const roomy = { parallelism: 8, totalMemory: 64 * GIB, cgroup: { cpus: undefined, memory: undefined } };

const machines = [
  { name: "affinity decides without other limits", machine: roomy, count: 8 },
  {
    name: "a quota is rounded up",
    machine: { ...roomy, cgroup: { cpus: 1.5, memory: undefined } },
    count: 2,
  },
  {
    name: "a quota below one CPU gives one",
    machine: { ...roomy, cgroup: { cpus: 0.25, memory: undefined } },
    count: 1,
  },
  {
    name: "a quota above affinity changes nothing",
    machine: { ...roomy, cgroup: { cpus: 16, memory: undefined } },
    count: 8,
  },
  {
    name: "little memory in the container decides",
    machine: { ...roomy, cgroup: { cpus: 4, memory: 3 * MEMORY_PER_WORKER } },
    count: 3,
  },
  {
    name: "little memory in the machine decides",
    machine: { ...roomy, totalMemory: 2 * MEMORY_PER_WORKER + 1 },
    count: 2,
  },
  {
    name: "too little memory for one worker still gives one",
    machine: { ...roomy, totalMemory: 1 },
    count: 1,
  },
];

test.each(machines)("$name", ({ machine, count }) => {
  expect(sizeForMachine(machine).count).toBe(count);
});

test("the reason names every limit that was considered", () => {
  const { reason } = sizeForMachine({ ...roomy, cgroup: { cpus: 1.5, memory: GIB } });
  expect(reason).toBe("2 workers: 8 usable CPUs, 1024 MiB of memory, a CPU quota of 1.5");
});

test("maxThreads wins over the variable, and the variable over the machine", () => {
  expect(resolveThreads(3, { PACKETRON_THREADS: "5" }, () => roomy)).toEqual({ count: 3, reason: undefined });
  expect(resolveThreads(undefined, { PACKETRON_THREADS: "5" }, () => roomy).count).toBe(5);
  expect(resolveThreads(undefined, { PACKETRON_THREADS: "" }, () => roomy).count).toBe(8);
  expect(resolveThreads(undefined, {}, () => roomy).count).toBe(8);
});

test.each(["0", "-1", "1.5", "two", "1025", "1e3", " 2"])("PACKETRON_THREADS=%s is refused", (variable) => {
  expect(() => resolveThreads(undefined, { PACKETRON_THREADS: variable })).toThrow(
    expect.objectContaining({
      code: "PKT_OPTION_INVALID",
      message: expect.stringContaining("PACKETRON_THREADS"),
    }),
  );
});

test("a program under `packetron dev` has one worker, despite other settings", () => {
  vi.stubEnv("PACKETRON_DEV", "1");
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(resolveThreads(8, { PACKETRON_THREADS: "4" }).count).toBe(1);
  vi.stubEnv("PACKETRON_DEV", "yes");
  expect(resolveThreads(8, { PACKETRON_THREADS: "4" }).count).toBe(8);
});
