import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  HEALTHY_AFTER,
  judgeRestart,
  trialsLeft,
  trimHistory,
  type WorkerEnd,
} from "../../../src/cluster/primary/restart-policy.ts";

const limits = { restartBackoff: 100, maxRestarts: 10, restartWindow: 10_000 };

const early: WorkerEnd = {
  slot: 1,
  at: 0,
  readyFor: undefined,
  killed: false,
  othersServe: true,
  reason: "x",
};
/** Ended just after it was ready. */
const brief: WorkerEnd = { ...early, readyFor: HEALTHY_AFTER - 1 };
/** The same, while no other worker served. */
const alone: WorkerEnd = { ...brief, othersServe: false };
const killed: WorkerEnd = { ...early, readyFor: 0, killed: true };
const healthy: WorkerEnd = { ...early, readyFor: HEALTHY_AFTER };

/** Ends of the same kind, one after another, that many milliseconds apart. */
function repeat(end: WorkerEnd, count: number, apart = 0): WorkerEnd[] {
  return Array.from({ length: count }, (_, index) => ({ ...end, at: end.at + index * apart }));
}

/** The verdict on each exit in a history, with the longest delays. */
function verdicts(history: readonly WorkerEnd[], settings = limits): (number | "crash loop")[] {
  return history.map((_, index) => {
    const verdict = judgeRestart(history.slice(0, index + 1), settings, 1);
    return verdict.restart ? verdict.delay : "crash loop";
  });
}

describe("the verdict on a worker that has exited", () => {
  test.each<[string, Partial<WorkerEnd>, number]>([
    ["was healthy", { readyFor: HEALTHY_AFTER }, 0],
    ["was healthy, and was killed", { readyFor: HEALTHY_AFTER, killed: true }, 0],
    ["was ready for less than a second", { readyFor: HEALTHY_AFTER - 1 }, 100],
    ["was never ready", {}, 100],
    ["was never ready, and was killed", { killed: true }, 100],
    ["was just ready, and was killed", { readyFor: 0, killed: true }, 100],
  ])("one that %s", (_title, end, delay) => {
    expect(verdicts([{ ...early, ...end }])).toEqual([delay]);
  });

  test("the delay of a slot doubles up to 30 s", () => {
    expect(verdicts(repeat(early, 11, 20_000))).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000,
    ]);
  });

  test("jitter shortens a delay by at most a quarter", () => {
    expect(judgeRestart([early], limits, 0)).toEqual({ restart: true, delay: 75 });
    expect(judgeRestart([early], limits, 1)).toEqual({ restart: true, delay: 100 });
  });

  test("slots have separate delays, and the delay of a slot resets after a healthy run", () => {
    const other = { ...early, slot: 2 };
    expect(verdicts([early, other, early, healthy, early, other])).toEqual([100, 100, 200, 0, 100, 200]);
  });

  test("a worker that was ready and is killed waits at most four times the first delay, and never counts", () => {
    const twice = { ...limits, maxRestarts: 2 };
    const history = [...repeat(killed, 5), { ...early, slot: 2 }, { ...early, slot: 3 }];
    expect(verdicts(history, twice)).toEqual([100, 200, 400, 400, 400, 100, "crash loop"]);
  });
});

test.each<[string, readonly WorkerEnd[], (number | "crash loop")[]]>([
  [
    "one that dies within a second of ready backs off, and is tried for ever while others serve",
    repeat(brief, 12),
    [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000],
  ],
  [
    "it waits a second at most while no other serves",
    repeat(alone, 12),
    [100, 200, 400, 800, ...Array(8).fill(1_000)],
  ],
  [
    "whether others serve counts when it ends, not before",
    [...repeat(brief, 5), alone, brief],
    [100, 200, 400, 800, 1_600, 1_000, 6_400],
  ],
  [
    "deaths after ready do not count towards the crash loop of those before it",
    [...repeat(brief, 9), ...repeat({ ...early, slot: 2 }, 10)],
    [
      ...[100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600],
      ...[100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, "crash loop" as const],
    ],
  ],
  [
    "one that was never ready waits as long as before, also while no other serves",
    repeat({ ...early, othersServe: false }, 10),
    [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, "crash loop"],
  ],
])("%s", (_title, history, expected) => {
  expect(verdicts(history)).toEqual(expected);
});

test("while no other serves, a first delay over a second is kept", () => {
  expect(verdicts(repeat(alone, 3), { ...limits, restartBackoff: 5_000 })).toEqual([5_000, 5_000, 5_000]);
});

describe("a crash loop", () => {
  test("is the tenth early exit within the window, with the reason of the first", () => {
    const history = Array.from({ length: 10 }, (_, index) => ({
      ...early,
      slot: index,
      reason: `end ${index}`,
    }));
    expect(judgeRestart(history.slice(0, 9), limits).restart).toBe(true);
    expect(judgeRestart(history, limits)).toEqual({ restart: false, earlyEnds: 10, firstReason: "end 0" });
  });

  test("does not count exits before the window", () => {
    const twice = { ...limits, maxRestarts: 2 };
    const history = [
      { ...early, reason: "old" },
      { ...early, at: 10_000, reason: "new" },
      { ...early, at: 10_001, reason: "newer" },
    ];
    expect(judgeRestart(history.slice(0, 2), twice).restart).toBe(true);
    expect(judgeRestart(history, twice)).toMatchObject({ restart: false, firstReason: "new" });
  });

  test.each([0, 1])("with maxRestarts %d is the first early end, even with a window of 0", (maxRestarts) => {
    const verdict = judgeRestart([early], { ...limits, maxRestarts, restartWindow: 0 });
    expect(verdict).toMatchObject({ restart: false, earlyEnds: 1 });
  });

  test("a thousand crashes of one slot take hours, even when they do not count as a crash loop", () => {
    const endless = { ...limits, maxRestarts: 1_000_000 };
    let history: WorkerEnd[] = [];
    let time = 0;
    for (let crash = 0; crash < 1_000; crash += 1) {
      history = [...trimHistory(history, endless, time), { ...early, at: time }];
      const verdict = judgeRestart(history, endless, 0);
      time += verdict.restart ? verdict.delay : 0;
    }
    expect(time).toBeGreaterThan(6 * 3_600_000);
    expect(history.length).toBeLessThan(100);
  });
});

test("trials and early exits together never exceed maxRestarts, and one worker may always be tried", () => {
  expect(trialsLeft([], limits, 0)).toBe(10);
  expect(trialsLeft([...repeat(early, 7), healthy, killed, brief], limits, 0)).toBe(3);
  expect(trialsLeft(repeat(early, 7), limits, 10_000)).toBe(10);
  expect(trialsLeft(repeat(early, 12), limits, 0)).toBe(1);
  expect(trialsLeft([], { ...limits, maxRestarts: 0 }, 0)).toBe(1);
});

test("trimming a history changes no verdict", () => {
  const end = fc.record({
    slot: fc.integer({ min: 1, max: 3 }),
    after: fc.nat(3_000),
    readyFor: fc.constantFrom(undefined, 0, HEALTHY_AFTER),
    killed: fc.boolean(),
    othersServe: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(end, { maxLength: 120 }), fc.constantFrom(2, 10, 1_000), (ends, maxRestarts) => {
      const settings = { ...limits, maxRestarts };
      const whole: WorkerEnd[] = [];
      let trimmed: WorkerEnd[] = [];
      let at = 0;
      for (const { after, ...facts } of ends) {
        at += after;
        const next = { ...facts, at, reason: `${at}` };
        whole.push(next);
        trimmed = [...trimHistory(trimmed, settings, at), next];
        expect(judgeRestart(trimmed, settings, 1)).toEqual(judgeRestart(whole, settings, 1));
      }
    }),
  );
});
