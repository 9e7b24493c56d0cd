/** A cluster of three nodes, and a server with replica that Sentinels watch. Only in the full run: their start takes seconds. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedServicesConformance } from "@packetron/core/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { RedisOptions } from "../../src/index.ts";
import { hasRedis } from "../_redis.ts";
import { startProgram, type TestProgram } from "../_services.ts";

const isFull = hasRedis && process.env["PACKETRON_TEST_FULL"] !== undefined;

/** Free ports, each with the port 10,000 above it, which the nodes of a cluster use among each other. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    if (address !== null && typeof address === "object" && address.port < 55_000) ports.push(address.port);
  }
  return ports;
}

/** Starts redis-server with arguments, in a directory. */
function startServer(directory: string, args: readonly string[]): ChildProcess {
  return spawn("redis-server", [...args], { cwd: directory, stdio: "ignore" });
}

function cli(port: number, ...args: string[]): string {
  return execFileSync("redis-cli", ["-p", String(port), ...args], { encoding: "utf8" });
}

async function pong(port: number): Promise<void> {
  await vi.waitFor(() => expect(cli(port, "PING")).toBe("PONG\n"), { timeout: 10_000, interval: 50 });
}

/** The conformance suite of the services with these options. */
function conforms(options: () => RedisOptions): void {
  const programs = new Map<unknown, TestProgram>();
  const suite = sharedServicesConformance({
    timeoutMs: 15_000,
    async connect() {
      const program = await startProgram(options());
      programs.set(program.services, program);
      return program.services;
    },
    disconnect: (services) => programs.get(services)?.server.stop(),
  });
  for (const { name, run } of suite) test(name, { timeout: 30_000 }, run);
}

describe.skipIf(!isFull)("a cluster of three nodes", () => {
  const directory = mkdtempSync(join(tmpdir(), "packetron-cluster-"));
  let ports: readonly number[] = [];
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    ports = await freePorts(3);
    for (const port of ports) {
      const cluster = ["--cluster-enabled", "yes", "--cluster-config-file", `nodes-${port}.conf`];
      children.push(startServer(directory, ["--port", String(port), ...cluster, "--save", ""]));
      await pong(port);
    }
    const nodes = ports.map((port) => `127.0.0.1:${port}`);
    execFileSync("redis-cli", ["--cluster", "create", ...nodes, "--cluster-yes"]);
    await vi.waitFor(
      () => {
        for (const port of ports) expect(cli(port, "CLUSTER", "INFO")).toContain("cluster_state:ok");
      },
      { timeout: 20_000, interval: 200 },
    );
  }, 60_000);
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });

  describe("carries the services", () =>
    conforms(() => ({ cluster: ports.map((port) => `127.0.0.1:${port}`) })));
});

describe.skipIf(!isFull)("a server that three Sentinels watch", () => {
  const directory = mkdtempSync(join(tmpdir(), "packetron-sentinel-"));
  const children: ChildProcess[] = [];
  let options: RedisOptions = {};
  let main: ChildProcess | undefined;
  beforeAll(async () => {
    const [first = 0, second = 0, ...sentinels] = await freePorts(5);
    main = startServer(directory, ["--port", String(first), "--save", ""]);
    children.push(
      main,
      startServer(directory, [
        "--port",
        String(second),
        "--replicaof",
        "127.0.0.1",
        String(first),
        "--save",
        "",
      ]),
    );
    await Promise.all([pong(first), pong(second)]);
    for (const port of sentinels) {
      const lines = [
        `port ${port}`,
        `sentinel monitor main 127.0.0.1 ${first} 2`,
        "sentinel down-after-milliseconds main 1000",
        "sentinel failover-timeout main 5000",
      ];
      writeFileSync(join(directory, `${port}.conf`), `${lines.join("\n")}\n`);
      children.push(startServer(directory, [`${port}.conf`, "--sentinel"]));
      await pong(port);
    }
    for (const port of sentinels)
      await vi.waitFor(() => expect(cli(port, "SENTINEL", "CKQUORUM", "main")).toContain("OK 3"), {
        timeout: 20_000,
        interval: 200,
      });
    options = { sentinel: { name: "main", nodes: sentinels.map((port) => `127.0.0.1:${port}`) } };
  }, 60_000);
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });

  describe("carries the services", () => conforms(() => options));

  test("is replaced when it dies: calls work again, and tokens go on growing", {
    timeout: 60_000,
  }, async () => {
    const program = await startProgram(options);
    const { services } = program;
    const lock = await services.locks.acquire("l", 60_000);
    await services.locks.acquire("other", 60_000);
    await vi.waitFor(() => services.store.add("n", 1), { timeout: 5_000 });
    main?.kill("SIGKILL");
    await vi.waitFor(() => services.store.add("n", 1), { timeout: 40_000, interval: 100 });
    const next = await vi.waitFor(() => services.locks.acquire("new", 1_000), { timeout: 5_000 });
    expect(next?.token).toBeGreaterThan(lock?.token ?? 0n);
    await program.server.stop();
  });
});
