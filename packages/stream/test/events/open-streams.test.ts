import type { Packetron } from "@packetron/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type OpenStream, OpenStreams } from "../../src/events/open-streams.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** A stream that counts its heartbeats. */
class TestStream implements OpenStream {
  readonly heartbeat: number;
  sentAt: number = performance.now();
  beats: number[] = [];
  drains = 0;

  constructor(heartbeat: number) {
    this.heartbeat = heartbeat;
  }

  beat(): void {
    this.sentAt = performance.now();
    this.beats.push(this.sentAt);
  }

  drain(): void {
    this.drains++;
  }
}

/** The open streams of a server that drains when the controller is aborted. */
function create() {
  const controller = new AbortController();
  const server = { drainSignal: controller.signal } as Packetron;
  const count = { value: 0 };
  return { streams: new OpenStreams(server, count), count, controller };
}

describe("heartbeats", () => {
  test("one timer serves all streams, and no timer is left after the last one", () => {
    const { streams } = create();
    expect(vi.getTimerCount()).toBe(0);
    const all = Array.from({ length: 1_000 }, (_, index) => new TestStream(15_000 + index));
    for (const stream of all) streams.add(stream);
    expect(vi.getTimerCount()).toBe(1);
    for (const stream of all) streams.delete(stream);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([20, 500, 15_000, 60_000])("no stream is silent for more than %d ms", (heartbeat) => {
    const { streams } = create();
    streams.add(new TestStream(60_000));
    const stream = new TestStream(heartbeat);
    const start = performance.now();
    streams.add(stream);
    vi.advanceTimersByTime(heartbeat * 10);
    expect(stream.beats.length).toBeGreaterThanOrEqual(10);
    for (const [index, beat] of stream.beats.entries())
      expect(beat - (stream.beats[index - 1] ?? start)).toBeLessThanOrEqual(heartbeat);
  });

  test("a stream that has just sent an event needs no heartbeat", () => {
    const { streams } = create();
    const stream = new TestStream(15_000);
    streams.add(stream);
    for (let second = 0; second < 60; second++) {
      vi.advanceTimersByTime(1_000);
      stream.sentAt = performance.now();
    }
    expect(stream.beats).toEqual([]);
  });

  test("a stream without heartbeat starts no timer", () => {
    const { streams } = create();
    streams.add(new TestStream(0));
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
  });

  test("the interval of the checks grows again after the stream with the shortest heartbeat", () => {
    const { streams } = create();
    const [fast, slow] = [new TestStream(20), new TestStream(15_000)];
    streams.add(fast);
    streams.delete(fast);
    streams.add(slow);
    vi.advanceTimersByTime(15_000);
    expect(slow.beats).toEqual([slow.beats[0]]);
    expect(fast.beats).toEqual([]);
  });
});

test("a drain ends the streams that are open", () => {
  const { streams, controller } = create();
  const [open, ended] = [new TestStream(0), new TestStream(0)];
  streams.add(open);
  streams.add(ended);
  streams.delete(ended);
  expect(streams.isDraining).toBe(false);
  controller.abort();
  expect([open.drains, ended.drains, streams.isDraining]).toEqual([1, 0, true]);
});

test("the streams that are open are counted for metrics", () => {
  const { streams, count } = create();
  const [first, second] = [new TestStream(0), new TestStream(0)];
  streams.add(first);
  streams.add(second);
  expect(count.value).toBe(2);
  streams.delete(first);
  streams.delete(first);
  expect(count.value).toBe(1);
});
