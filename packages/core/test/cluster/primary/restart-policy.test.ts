import { expect, test } from "vitest";
import { RestartPolicy } from "../../../src/cluster/primary/restart-policy.ts";
import { Clock } from "../_clock.ts";

const limits = { restartBackoff: 100, maxRestarts: 10, restartWindow: 10_000 };

test("the delay of a slot doubles up to 30 s", () => {
  const clock = new Clock();
  const policy = new RestartPolicy(limits, clock.now, () => 1);
  const delays = Array.from({ length: 11 }, () => {
    clock.time += 20_000;
    const verdict = policy.diedEarly(1, "x");
    return verdict.giveUp ? "gave up" : verdict.delay;
  });
  expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
});

test("jitter takes off a quarter at most", () => {
  const policy = new RestartPolicy(
    limits,
    () => 0,
    () => 0,
  );
  expect(policy.diedEarly(1, "x")).toEqual({ giveUp: false, delay: 75 });
});

test("slots wait on their own, and one that was well begins anew", () => {
  const policy = new RestartPolicy(
    limits,
    () => 0,
    () => 1,
  );
  policy.diedEarly(1, "x");
  expect(policy.diedEarly(2, "x")).toEqual({ giveUp: false, delay: 100 });
  expect(policy.diedWell(1)).toEqual({ giveUp: false, delay: 0 });
  expect(policy.diedEarly(1, "x")).toEqual({ giveUp: false, delay: 100 });
});

test("the tenth early death within the window gives up, with what the first one said", () => {
  const policy = new RestartPolicy(
    limits,
    () => 0,
    () => 1,
  );
  for (let death = 1; death < 10; death += 1)
    expect(policy.diedEarly(death, `story ${death}`).giveUp).toBe(false);
  expect(policy.diedEarly(10, "story 10")).toEqual({ giveUp: true, deaths: 10, first: "story 1" });
});

test("deaths that left the window do not count", () => {
  const clock = new Clock();
  const policy = new RestartPolicy({ ...limits, maxRestarts: 2 }, clock.now, () => 1);
  policy.diedEarly(1, "old");
  clock.time += 10_000;
  expect(policy.diedEarly(1, "new").giveUp).toBe(false);
  expect(policy.diedEarly(1, "newer")).toMatchObject({ giveUp: true, first: "new" });
});

test("with maxRestarts 0 the first early death gives up, and one worker may still be tried", () => {
  const policy = new RestartPolicy(
    { ...limits, maxRestarts: 0 },
    () => 0,
    () => 1,
  );
  expect(policy.trials).toBe(1);
  expect(policy.diedEarly(1, "x")).toMatchObject({ giveUp: true, deaths: 1 });
});

test("trials and deaths together never pass maxRestarts", () => {
  const policy = new RestartPolicy(
    limits,
    () => 0,
    () => 1,
  );
  expect(policy.trials).toBe(10);
  for (let death = 0; death < 7; death += 1) policy.diedEarly(1, "x");
  expect(policy.trials).toBe(3);
});

test("a thousand crashes of one slot take hours, even when nobody gives up", () => {
  const clock = new Clock();
  const policy = new RestartPolicy({ ...limits, maxRestarts: 1_000_000 }, clock.now, () => 0);
  for (let crash = 0; crash < 1_000; crash += 1) {
    const verdict = policy.diedEarly(1, "x");
    clock.time += verdict.giveUp ? 0 : verdict.delay;
  }
  expect(clock.time).toBeGreaterThan(6 * 3_600_000);
});

test("who was ready and is killed waits four times the first delay at most, and never counts", () => {
  const policy = new RestartPolicy(
    { ...limits, maxRestarts: 2 },
    () => 0,
    () => 1,
  );
  const verdicts = Array.from({ length: 5 }, () => policy.killed(1));
  expect(verdicts.map((verdict) => Object(verdict).delay)).toEqual([100, 200, 400, 400, 400]);
  expect(policy.diedEarly(2, "x").giveUp).toBe(false);
  expect(policy.diedEarly(2, "y")).toEqual({ giveUp: true, deaths: 2, first: "x" });
});
