import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { CPU_TIME_AVAILABLE } from "../../measure/cpu-time.ts";
import { readResidentMemory } from "../../measure/memory.ts";
import { readProcessTree } from "../../measure/process-stat.ts";
import { readResults } from "../../report/result.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "bench.ts");

test("a short run measures two contestants and writes every round", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-bench-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // autocannon is in node_modules; wrk and the contestants of others may not be there.
  // In a second, a load program that waits for a core may get no answer.
  const options = [
    "--quick",
    "--rounds",
    "1",
    "--duration",
    "3",
    "--load",
    "autocannon",
    "--no-install",
    "--output",
    folder,
  ];
  const { code, output } = await bench("--scenario", "get-json", "--peer", "node-http", ...options);
  expect(output).toContain("node:http ");
  expect(code).toBe(0);
  expect(readdirSync(folder)).toEqual(["get-json.json"]);
  const [result] = readResults(folder);
  expect(result?.contestants.map(({ name }) => name)).toEqual(["packetron", "node-http"]);
  for (const { rounds, headBytes } of result?.contestants ?? []) {
    expect(headBytes).toBeGreaterThan(100);
    expect(rounds).toHaveLength(1);
    expect(rounds[0]?.throughput).toBeGreaterThan(0);
    if (CPU_TIME_AVAILABLE) expect(rounds[0]?.cpu).toBeGreaterThan(0);
  }
});

test.runIf(CPU_TIME_AVAILABLE)(
  "a run that is ended by a signal leaves no server running",
  { timeout: 60_000 },
  async () => {
    const args = ["--quick", "--no-build", "--no-install", "--load", "autocannon", "--peer", "node-http"];
    const child = spawn(process.execPath, [PROGRAM, "--scenario", "get-json", ...args], { stdio: "ignore" });
    const exit = once(child, "exit");
    const isRunning = (): boolean => readProcessTree(child.pid ?? 0).length > 2; // two servers, at least
    await vi.waitUntil(isRunning, { timeout: 30_000 });
    const servers = readProcessTree(child.pid ?? 0).slice(1);
    child.kill("SIGTERM");
    expect(await exit).toEqual([143, null]);
    // Servers without memory do not count: in a container, orphans may stay as zombies that are never reaped.
    const remaining = (): boolean => servers.some(({ pid }) => (readResidentMemory(pid) ?? 0) > 0);
    await vi.waitUntil(() => !remaining(), { timeout: 10_000 });
  },
);

test("an unknown option exits with 2 and names the option", async () => {
  const { code, output } = await bench("--fast");
  expect(output).toContain("--fast");
  expect(code).toBe(2);
});

test("--list names scenarios and contestants", async () => {
  const { code, output } = await bench("--list");
  expect(output).toContain("get-json");
  expect(output).toContain("fastify");
  expect(code).toBe(0);
});

function bench(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [PROGRAM, ...args],
      { timeout: 110_000 },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, output: stdout + stderr });
      },
    );
  });
}
