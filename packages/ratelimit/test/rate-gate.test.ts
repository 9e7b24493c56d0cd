import { Socket } from "node:net";
import { PacketronRequest, PacketronResponse } from "@packetron/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRateGate } from "../src/rate-gate.ts";
import { TestClock } from "./_server.ts";

/** Makes a gate, and returns a function that sends it a request at a given time and reports whether it passed. */
function makeGate(limit: number) {
  const clock = new TestClock();
  const gate = createRateGate(limit, clock, { value: 0 });
  const passes = (time: number): boolean => {
    clock.time = time;
    const request = new PacketronRequest(new Socket());
    return gate(request, new PacketronResponse(request)) !== true;
  };
  return { clock, passes };
}

/** The number of requests that pass at a given time. */
function countPassed(passes: (time: number) => boolean, time: number, requests: number): number {
  return Array.from({ length: requests }, () => passes(time)).filter(Boolean).length;
}

describe("a window", () => {
  test.each([1, 2, 10, 1000])("lets exactly %i requests through", (limit) => {
    const { passes } = makeGate(limit);
    expect(countPassed(passes, 0, limit + 50)).toBe(limit);
  });

  test("starts with the first request, at any time", () => {
    const { passes } = makeGate(1);
    expect(passes(86_400_000)).toBe(true);
    expect(passes(86_400_000)).toBe(false);
  });

  test.each<readonly [time: number, passed: number]>([
    [0, 1],
    [0.001, 1],
    [500, 1],
    [999, 1],
    [999.999, 1],
    [1000, 3],
    [1000.001, 3],
    [1999, 3],
    [1_000_000, 3],
  ])("is one second long: at %d ms %i of three pass", (time, passed) => {
    const { passes } = makeGate(3);
    expect(countPassed(passes, 0, 2)).toBe(2);
    expect(countPassed(passes, time, 3)).toBe(passed);
  });

  test("is not extended by requests that are refused", () => {
    const { passes } = makeGate(1);
    expect([0, 100, 900, 999].map(passes)).toEqual([true, false, false, false]);
    expect(passes(1000)).toBe(true);
  });

  test("begins with the first request after the last window, not at whole seconds", () => {
    const { passes } = makeGate(1);
    expect([0, 1700, 2000, 2699, 2700].map(passes)).toEqual([true, true, false, false, true]);
  });

  test("begins at zero on a clock that begins at zero", () => {
    const { passes } = makeGate(1);
    expect([0, 0].map(passes)).toEqual([true, false]);
  });
});

test("each request reads the clock once", () => {
  const { clock, passes } = makeGate(2);
  countPassed(passes, 0, 5);
  countPassed(passes, 1000, 5);
  expect(clock.readings).toBe(10);
});

test("a limit of 1,000,000,000 is accepted", () => {
  const { passes } = makeGate(1e9);
  expect(countPassed(passes, 0, 1000)).toBe(1000);
});

test("for any times of requests, no window of a second that starts with a request lets more pass than the limit", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }),
      (limit, pauses) => {
        const { passes } = makeGate(limit);
        const model = { start: Number.NaN, passed: 0 };
        let time = 0;
        for (const pause of pauses) {
          time += pause;
          if (!(time < model.start + 1000)) Object.assign(model, { start: time, passed: 0 });
          const expected = model.passed < limit;
          if (expected) model.passed++;
          expect(passes(time)).toBe(expected);
        }
      },
    ),
  );
});
