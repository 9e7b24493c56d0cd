import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

/** The status of an answer, and the process that gave it. */
interface Answer {
  readonly status: number | undefined;
  readonly worker: number;
}

/** Starts the cluster in its own process group, which is killed at the end of the test, and returns the port. */
async function startCluster(): Promise<number> {
  const program = fileURLToPath(new URL("_fixtures/limited-cluster.ts", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  onTestFinished(() => void (child.pid !== undefined && process.kill(-child.pid, "SIGKILL")));
  const [line] = await once(child.stdout, "data");
  return Number(/listening on (\d+)/.exec(String(line))?.[1]);
}

/** Sends one request on its own connection. */
async function ask(port: number): Promise<Answer> {
  const sent = get({ host: "127.0.0.1", port, path: "/limited", agent: false });
  sent.setTimeout(10_000, () => sent.destroy(new Error("no answer")));
  const [response] = await once(sent, "response");
  response.resume();
  return { status: response.statusCode, worker: Number(response.headers["x-worker"]) };
}

/** Groups the statuses of answers by the process id of the worker. */
function byWorker(answers: readonly Answer[]): ReadonlyMap<number, (number | undefined)[]> {
  const groups = new Map<number, (number | undefined)[]>();
  for (const { status, worker } of answers) groups.set(worker, [...(groups.get(worker) ?? []), status]);
  return groups;
}

function countPassed(answers: readonly Answer[]): number {
  return answers.filter(({ status }) => status === 200).length;
}

test("every worker counts for itself: of 100 requests to two workers, once to twice the limit passes", async () => {
  const port = await startCluster();
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(port)));
  for (const statuses of byWorker(answers).values()) {
    const passed = Math.min(10, statuses.length);
    expect(statuses.filter((status) => status === 200)).toHaveLength(passed);
    expect(statuses.filter((status) => status === 429)).toHaveLength(statuses.length - passed);
  }
  expect(countPassed(answers)).toBeGreaterThanOrEqual(10);
  expect(countPassed(answers)).toBeLessThanOrEqual(20);
});

test("a replaced worker starts with a new window, and the window of the other worker continues", async () => {
  const port = await startCluster();
  const before = await Promise.all(Array.from({ length: 100 }, () => ask(port)));
  const [killed, ...survivors] = byWorker(before).keys();
  if (killed === undefined) throw new Error("no worker answered");
  process.kill(killed, "SIGKILL");
  const after: Answer[] = [];
  const isNew = ({ worker }: Answer): boolean => worker !== killed && !survivors.includes(worker);
  const deadline = performance.now() + 15_000;
  while (after.filter(isNew).length < 20 && performance.now() < deadline) {
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => ask(port)));
    for (const answer of answers) if (answer.status === "fulfilled") after.push(answer.value);
  }
  expect(countPassed(after.filter(isNew))).toBe(10);
  const others = [...before, ...after].filter((answer) => survivors.includes(answer.worker));
  expect(countPassed(others)).toBeLessThanOrEqual(10);
});
