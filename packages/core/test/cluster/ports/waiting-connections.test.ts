import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WaitingConnections } from "../../../src/cluster/ports/waiting-connections.ts";

const TIMEOUT = 1_000;

let late: string[] = [];
let waiting = new WaitingConnections<number, string>(TIMEOUT, () => {});

beforeEach(() => {
  vi.useFakeTimers();
  late = [];
  waiting = new WaitingConnections(TIMEOUT, (connection) => late.push(connection));
});

afterEach(() => void vi.useRealTimers());

test("a queue is taken in order of arrival, until the caller stops", () => {
  for (const connection of ["a", "b", "c"]) waiting.add(1, connection, performance.now());
  waiting.add(2, "other", performance.now());
  for (const connection of waiting.take(1)) if (connection === "b") break;
  expect(waiting.size).toBe(2);
  expect([...waiting.take(1)]).toEqual(["c"]);
  expect([...waiting.take(3)]).toEqual([]);
});

test("taking all connections keeps their arrival times", () => {
  const since = performance.now();
  waiting.add(1, "a", since - 1);
  waiting.add(2, "b", since);
  expect(waiting.takeAll()).toEqual([
    ["a", since - 1],
    ["b", since],
  ]);
  expect(waiting.size).toBe(0);
});

test("each connection leaves its queue after its own time limit, and no timer remains", () => {
  waiting.add(1, "first", performance.now() - 600);
  waiting.add(2, "second", performance.now());
  vi.advanceTimersByTime(400);
  expect([late, waiting.size]).toEqual([["first"], 1]);
  vi.advanceTimersByTime(600);
  expect([late, waiting.size]).toEqual([["first", "second"], 0]);
  expect(vi.getTimerCount()).toBe(0);
});
