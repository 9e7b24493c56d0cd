import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MAX_BACKOFF } from "../../../src/cluster/process/backoff.ts";
import { type LeaderTask, LeaderTasks } from "../../../src/cluster/process/leader-tasks.ts";

const BACKOFF = 100;
const TIMEOUT = 5_000;

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

let reports: string[] = [];
let tasks = new LeaderTasks(BACKOFF, () => {});

beforeEach(() => {
  reports = [];
  tasks = new LeaderTasks(BACKOFF, (_error, message) => reports.push(message));
});

afterEach(() => void vi.useRealTimers());

test("tasks run once each, from the beginning of the lead; tasks that are added later start at once", () => {
  const runs: string[] = [];
  tasks.add(() => runs.push("first"));
  expect(runs).toEqual([]);
  tasks.begin(1n);
  tasks.begin(1n);
  tasks.add(() => runs.push("second"));
  expect(runs).toEqual(["first", "second"]);
});

test("the signal aborts at the end of the lead, which is over when every task has ended", async () => {
  const events: string[] = [];
  tasks.add(async (signal) => {
    await untilAborted(signal);
    await Promise.resolve();
    events.push("cleaned up");
  });
  tasks.add((signal) => pause(1_000_000, undefined, { signal }));
  tasks.begin(1n);
  expect(await tasks.end(TIMEOUT)).toBe(true);
  expect(events).toEqual(["cleaned up"]);
  expect(reports).toEqual([]);
});

test("a task that ignores its signal is reported when its time is over", async () => {
  vi.useFakeTimers();
  tasks.add(() => new Promise(() => {}));
  tasks.begin(1n);
  const ended = tasks.end(TIMEOUT);
  await vi.advanceTimersByTimeAsync(TIMEOUT);
  expect(await ended).toBe(false);
  expect(reports).toEqual([`an onLeader task did not end within ${TIMEOUT} ms of its signal`]);
});

test("end() gives the same promise at each call, and no task starts after it", async () => {
  const run = vi.fn();
  tasks.add(run);
  expect(tasks.end(TIMEOUT)).toBe(tasks.end(TIMEOUT));
  expect(await tasks.end(TIMEOUT)).toBe(true);
  tasks.begin(1n);
  tasks.add(run);
  expect(run).not.toHaveBeenCalled();
});

test("a task that fails is started again with growing delays; one that returns is not", async () => {
  vi.useFakeTimers();
  const run = vi.fn<LeaderTask>();
  run.mockRejectedValueOnce(new Error("no database"));
  run.mockImplementationOnce(() => {
    throw new Error("nor now");
  });
  tasks.add(run);
  tasks.begin(1n);
  await vi.advanceTimersByTimeAsync(BACKOFF);
  expect(run).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(2 * BACKOFF - 1);
  expect(run).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(run).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(MAX_BACKOFF);
  expect(run).toHaveBeenCalledTimes(3);
  expect(reports).toEqual([
    "an onLeader task failed; it is started again in 100 ms",
    "an onLeader task failed; it is started again in 200 ms",
  ]);
});

test("a task that fails after a long run is started again as after the first failure", async () => {
  vi.useFakeTimers();
  tasks.add(async () => {
    await new Promise((resolve) => setTimeout(resolve, MAX_BACKOFF + 1));
    throw new Error("connection lost");
  });
  tasks.begin(1n);
  await vi.advanceTimersByTimeAsync(3 * (MAX_BACKOFF + 1) + 2 * BACKOFF);
  expect(reports).toEqual(Array(3).fill("an onLeader task failed; it is started again in 100 ms"));
});

test("a task that waits for its next start never starts again after end()", async () => {
  const run = vi.fn<LeaderTask>().mockRejectedValue(new Error("always"));
  tasks.add(run);
  tasks.begin(1n);
  await vi.waitFor(() => expect(reports).toHaveLength(1));
  expect(await tasks.end(TIMEOUT)).toBe(true);
  expect(run).toHaveBeenCalledTimes(1);
});

test("tasks get the token of the lead, and run again in the next one after an interruption", async () => {
  const tokens: bigint[] = [];
  tasks.add(async (signal, { token }) => {
    tokens.push(token);
    await untilAborted(signal);
  });
  tasks.begin(1n);
  const interrupted = tasks.interrupt();
  tasks.begin(2n); // the former lead is not over
  const late = vi.fn();
  tasks.add(late);
  await interrupted;
  expect(late).not.toHaveBeenCalled();
  tasks.begin(3n);
  expect(tokens).toEqual([1n, 3n]);
  expect(late).toHaveBeenCalledOnce();
  await tasks.end(TIMEOUT);
  tasks.begin(4n);
  expect(tokens).toEqual([1n, 3n]);
});

test("a task that fails after the abort with another error is reported", async () => {
  tasks.add(async (signal) => {
    await untilAborted(signal);
    throw new Error("could not save");
  });
  tasks.begin(1n);
  await tasks.end(TIMEOUT);
  expect(reports).toEqual(["an onLeader task failed while it ended"]);
});
