import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { CPU_TIME_AVAILABLE, readCpuTime } from "../../measure/cpu-time.ts";
import { parseResident, readResidentMemory } from "../../measure/memory.ts";
import { parseStat, readProcessTree } from "../../measure/process-stat.ts";

/** Fields 3 to 24 of `proc_pid_stat(5)`, with user time 120, system time 34, 5 and 6 of its children. */
const REST = "S 17 1 1 0 -1 4194560 100 0 0 0 120 34 5 6 20 0 11 0 12345 1000000 2048";

describe("parseStat()", () => {
  test.each([
    ["a plain command", `4711 (node) ${REST}`],
    ["a command with a space", `4711 (tmux: server) ${REST}`],
    ["a command with brackets", `4711 (a) R 1 (b)) ${REST}`],
  ])("reads the times after %s", (_what, text) => {
    expect(parseStat(text)).toEqual({ pid: 4711, parent: 17, ticks: 154, childTicks: 11 });
  });

  test.each(["", "4711", "4711 (node) S", "nonsense (x) S 1 2 3"])("gives null for %j", (text) => {
    expect(parseStat(text)).toBeNull();
  });
});

test("parseResident() reads the resident memory in bytes, and 0 without one", () => {
  expect(parseResident("0000-1111 ---p [rollup]\nRss:                1740 kB\nPss: 353 kB\n")).toBe(
    1_781_760,
  );
  expect(parseResident("Pss: 353 kB\n")).toBe(0);
});

describe.runIf(CPU_TIME_AVAILABLE)("on Linux", () => {
  test("the tree of a process has the process and its children", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume(); console.log(1)"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill());
    await once(child.stdout, "data");
    expect(readProcessTree(process.pid).map(({ pid }) => pid)).toContain(child.pid);
    expect(readProcessTree(process.pid)[0]?.pid).toBe(process.pid);
    expect(readResidentMemory(child.pid ?? 0)).toBeGreaterThan(1_000_000);
  });

  test("the CPU time of a process grows by about its work", () => {
    const [before, own] = [readCpuTime(process.pid) ?? 0, process.cpuUsage()];
    while (process.cpuUsage(own).user < 200_000);
    const grown = (readCpuTime(process.pid) ?? 0) - before;
    expect(grown).toBeGreaterThan(150_000);
  });

  test("a process that does not exist has no CPU time and no memory", () => {
    expect(readCpuTime(2 ** 30)).toBeNull();
    expect(readResidentMemory(2 ** 30)).toBeNull();
  });
});
