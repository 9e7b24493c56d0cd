import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface, type Interface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";

interface Cluster {
  readonly child: ChildProcess;
  readonly port: number;
  /** The lines that the program prints. */
  readonly lines: Interface;
}

/** Starts the cluster in its own process group, which is killed at the end of the test. */
async function startCluster(): Promise<Cluster> {
  const program = fixtureFile("health/probed-cluster");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  onTestFinished(() => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, "line");
  return { child, lines, port: JSON.parse(String(line)).port };
}

/** The status of one request on its own connection, like a probe of Kubernetes. */
async function ask(port: number, path: string): Promise<number> {
  const sent = get({ host: "127.0.0.1", port, path, agent: false, headers: { Connection: "close" } });
  sent.setTimeout(10_000, () => sent.destroy(new Error("no answer")));
  const [response] = await once(sent, "response");
  response.resume();
  return response.statusCode ?? 0;
}

test("after SIGTERM readiness is 503 while every worker still accepts and is live; then every process exits with code 0", async () => {
  const { child, port } = await startCluster();
  expect(await Promise.all(["/livez", "/readyz", "/"].map((path) => ask(port, path)))).toEqual([
    200, 200, 401,
  ]);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await expect.poll(() => ask(port, "/readyz"), { timeout: 2_500, interval: 20 }).toBe(503);
  const paths = Array.from({ length: 4 }, () => ["/readyz", "/livez", "/"]).flat();
  const statuses: number[] = [];
  for (const path of paths) statuses.push(await ask(port, path));
  expect(statuses).toEqual(Array.from({ length: 4 }, () => [503, 200, 401]).flat());
  const [code] = await ended;
  expect(code).toBe(0);
  await expect(ask(port, "/livez")).rejects.toThrow("ECONNREFUSED");
});

test("a reload is not visible from outside: readiness stays 200", async () => {
  const { child, port, lines } = await startCluster();
  let done = false;
  const reloaded = once(lines, "line").finally(() => {
    done = true;
  });
  child.kill("SIGUSR2");
  const statuses = new Set<number>();
  while (!done) statuses.add(await ask(port, "/readyz"));
  expect(JSON.parse(String((await reloaded)[0]))).toEqual({ ok: true, generation: 2 });
  expect([...statuses]).toEqual([200]);
});
