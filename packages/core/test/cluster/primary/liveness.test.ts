import { expect, test } from "vitest";
import { HeartbeatRecord } from "../../../src/cluster/primary/liveness.ts";
import { Clock } from "../_clock.ts";

const settings = { heartbeatInterval: 100, heartbeatTimeout: 1_000 };

/** Advances the clock in steps of the interval, and returns the workers that the checks name. */
function pass(clock: Clock, record: HeartbeatRecord<string>, duration: number): string[] {
  const named: string[] = [];
  for (let end = clock.time + duration; clock.time < end; ) {
    clock.time += settings.heartbeatInterval;
    named.push(...[record.check()].filter((worker) => worker !== undefined));
  }
  return named;
}

function recordTwo(): { clock: Clock; record: HeartbeatRecord<string> } {
  const clock = new Clock();
  const record = new HeartbeatRecord<string>(settings, clock.now);
  record.add("a");
  record.add("b");
  return { clock, record };
}

test("a worker is named once it was silent for longer than the timeout", () => {
  const { clock, record } = recordTwo();
  record.remove("b");
  expect(pass(clock, record, 1_000)).toEqual([]);
  expect(pass(clock, record, 1_000)).toEqual(["a"]);
});

test("a worker with heartbeats in time is not named", () => {
  const { clock, record } = recordTwo();
  record.remove("b");
  for (let round = 0; round < 5; round += 1) {
    expect(pass(clock, record, 900)).toEqual([]);
    record.add("a");
  }
});

test("a late primary does not blame its workers", () => {
  const { clock, record } = recordTwo();
  clock.time += 60_000;
  expect(record.check()).toBeUndefined();
  expect(pass(clock, record, 900)).toEqual([]);
  expect(pass(clock, record, 200)).toHaveLength(1);
});

test("the second silent worker is spared until the first one is replaced", () => {
  const { clock, record } = recordTwo();
  expect(pass(clock, record, 1_500)).toHaveLength(1);
  record.replaced();
  expect(pass(clock, record, 200)).toHaveLength(1);
});

test("without a replacement the second one is named after another timeout", () => {
  const { clock, record } = recordTwo();
  expect(pass(clock, record, 1_100)).toHaveLength(1);
  expect(pass(clock, record, 900)).toEqual([]);
  expect(pass(clock, record, 100)).toHaveLength(1);
});

test("the one that has been silent for longest is named first", () => {
  const { clock, record } = recordTwo();
  pass(clock, record, 500);
  record.add("a");
  expect(pass(clock, record, 600)).toEqual(["b"]);
});
