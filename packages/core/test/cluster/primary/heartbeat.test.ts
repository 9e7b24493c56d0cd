import { expect, test } from "vitest";
import { HeartbeatWatch } from "../../../src/cluster/primary/heartbeat.ts";
import { Clock } from "../_clock.ts";

const settings = { heartbeatInterval: 100, heartbeatTimeout: 1_000 };

/** Moves the clock on in steps of the interval, with a check after each; gives what the checks named. */
function pass(clock: Clock, watch: HeartbeatWatch<string>, duration: number): string[] {
  const named: string[] = [];
  for (let end = clock.time + duration; clock.time < end; ) {
    clock.time += settings.heartbeatInterval;
    named.push(...[watch.check()].filter((worker) => worker !== undefined));
  }
  return named;
}

function watchTwo(): { clock: Clock; watch: HeartbeatWatch<string> } {
  const clock = new Clock();
  const watch = new HeartbeatWatch<string>(settings, clock.now);
  watch.heard("a");
  watch.heard("b");
  return { clock, watch };
}

test("a worker is named once it was silent for longer than the timeout", () => {
  const { clock, watch } = watchTwo();
  watch.forget("b");
  expect(pass(clock, watch, 1_000)).toEqual([]);
  expect(pass(clock, watch, 1_000)).toEqual(["a"]);
});

test("a worker that is heard in time is left alone", () => {
  const { clock, watch } = watchTwo();
  watch.forget("b");
  for (let round = 0; round < 5; round += 1) {
    expect(pass(clock, watch, 900)).toEqual([]);
    watch.heard("a");
  }
});

test("the lateness of the primary is not the workers' silence", () => {
  const { clock, watch } = watchTwo();
  clock.time += 60_000;
  expect(watch.check()).toBeUndefined();
  expect(pass(clock, watch, 900)).toEqual([]);
  expect(pass(clock, watch, 200)).toHaveLength(1);
});

test("the second silent worker is spared until the first one is replaced", () => {
  const { clock, watch } = watchTwo();
  expect(pass(clock, watch, 1_500)).toHaveLength(1);
  watch.replaced();
  expect(pass(clock, watch, 200)).toHaveLength(1);
});

test("without a replacement the second one is named after another timeout", () => {
  const { clock, watch } = watchTwo();
  expect(pass(clock, watch, 1_100)).toHaveLength(1);
  expect(pass(clock, watch, 900)).toEqual([]);
  expect(pass(clock, watch, 100)).toHaveLength(1);
});

test("the one that has been silent for longest is named first", () => {
  const { clock, watch } = watchTwo();
  pass(clock, watch, 500);
  watch.heard("a");
  expect(pass(clock, watch, 600)).toEqual(["b"]);
});
