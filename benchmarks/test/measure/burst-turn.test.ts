import { expect, test } from "vitest";
import { summariseFirsts } from "../../measure/burst-turn.ts";
import { parseListenCounters } from "../../measure/listen-queue.ts";
import { parseRunDelay } from "../../measure/run-delay.ts";

const LIMITS = { duration: 6, patience: 2 };

test.each([
  ["all in time", [1, 2000], { late: 0, never: 0, p50: 1, p99: 2000 }],
  ["one late", [1, 2, 2001], { late: 1, never: 0, p50: 2, p99: 2001 }],
  [
    "one without an answer, which is late and counts with the duration",
    [1, null, 2, 3],
    { late: 1, never: 1, p50: 2, p99: 6000 },
  ],
  ["none with an answer", [null, null], { late: 2, never: 2, p50: 6000, p99: 6000 }],
])("first answers, %s", (_what, firsts, figures) => {
  expect(summariseFirsts(firsts, LIMITS)).toEqual(figures);
});

test("a late client in a hundred is not in the p99, two are", () => {
  const inTime = Array.from({ length: 98 }, () => 5);
  expect(summariseFirsts([...inTime, 6, null], LIMITS)).toMatchObject({ late: 1, p99: 6 });
  expect(summariseFirsts([...inTime, 2500, null], LIMITS)).toMatchObject({ late: 2, p99: 2500 });
});

test("parseListenCounters() finds the counters by their names", () => {
  const text =
    "TcpExt: SyncookiesSent ListenOverflows ListenDrops Other\nTcpExt: 1 23 45 6\nIpExt: InNoRoutes\nIpExt: 7\n";
  expect(parseListenCounters(text)).toEqual({ overflows: 23, drops: 45 });
});

test.each(["", "TcpExt: ListenOverflows\nTcpExt: 1\n", "TcpExt: ListenOverflows ListenDrops\n"])(
  "parseListenCounters() gives null for %j",
  (text) => {
    expect(parseListenCounters(text)).toBeNull();
  },
);

test.each([
  ["1187462 2500000 1\n", 2.5],
  ["0 0 0\n", 0],
  ["", null],
])("parseRunDelay() of %j gives the milliseconds of waiting, %j", (text, delay) => {
  expect(parseRunDelay(text)).toBe(delay);
});
