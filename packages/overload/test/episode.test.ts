import type { Logger } from "@packetron/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Episode } from "../src/episode.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => vi.useRealTimers());

const observe = () => ({ eventLoopDelay: 300, requestsInFlight: 7 });

function make(): { episode: Episode; lines: unknown[] } {
  const lines: unknown[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push([level, message.slice(0, 20), fields]);
  const log: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { episode: new Episode(log), lines };
}

test("an episode logs one line when it begins, and one with the count after a while without refusals", () => {
  const { episode, lines } = make();
  for (let second = 0; second < 20; second++) {
    for (let times = 0; times < 100; times++) episode.count(observe);
    vi.advanceTimersByTime(1_000);
  }
  expect(lines).toEqual([["warn", "overload: requests a", { eventLoopDelay: 300, requestsInFlight: 7 }]]);
  vi.advanceTimersByTime(10_000);
  expect(lines.slice(1)).toEqual([["info", "overload is over: re", { refused: 2_000, seconds: 25 }]]);
  expect(vi.getTimerCount()).toBe(0);
});

test("the next episode logs its own first line, and counts from one", () => {
  const { episode, lines } = make();
  episode.count(observe);
  vi.advanceTimersByTime(10_000);
  episode.count(observe);
  vi.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(4);
  expect(lines[3]).toEqual(["info", "overload is over: re", { refused: 1, seconds: 10 }]);
});

test("the stop of the server ends the episode; without an episode, nothing is logged", () => {
  const { episode, lines } = make();
  episode.end();
  expect(lines).toEqual([]);
  episode.count(observe);
  episode.end();
  episode.end();
  expect(lines).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});

test("the log fields are read once in an episode", () => {
  const { episode } = make();
  const asked = vi.fn(observe);
  for (let times = 0; times < 100; times++) episode.count(asked);
  expect(asked).toHaveBeenCalledTimes(1);
  episode.end();
});
