import { describe, expect, test } from "vitest";
import { OpenLoop } from "../../load/open-loop.ts";

/** A loop of 100 requests per second, one every 10 ms, and the connections on which it sends. */
function makeLoop({ seconds = 0.1, connections = 2 }) {
  const sent: number[] = [];
  const loop = new OpenLoop(100, seconds, connections, (connection) => void sent.push(connection));
  return { loop, sent };
}

test("requests are sent when they are due, on one connection after another", () => {
  const { loop, sent } = makeLoop({ connections: 3 });
  loop.advance(0);
  loop.advance(9.9);
  expect(sent).toEqual([0]);
  loop.advance(10);
  expect(sent).toEqual([0, 1]);
  loop.advance(20);
  expect(sent).toEqual([0, 1, 2]);
});

test("the loop ends after the requests of its duration, when all have their answers", () => {
  const { loop, sent } = makeLoop({ seconds: 0.03, connections: 3 });
  loop.advance(1000);
  expect(sent).toEqual([0, 1, 2]);
  for (const connection of [0, 1]) loop.answered(connection, 1000);
  expect(loop.isComplete).toBe(false);
  loop.answered(2, 1000);
  expect(loop.isComplete).toBe(true);
});

describe("latencies count from the time at which a request is due:", () => {
  test("of one that is answered at once", () => {
    const { loop } = makeLoop({ seconds: 0.01 });
    loop.advance(0);
    loop.answered(0, 3);
    expect([...loop.timesAt(3).latencies]).toEqual([3]);
  });

  test("of those that wait for a connection whose answer is slow, however late they are sent", () => {
    const { loop, sent } = makeLoop({ seconds: 0.05, connections: 1 });
    for (let now = 0; now <= 40; now += 10) loop.advance(now);
    expect(sent).toEqual([0]);
    loop.answered(0, 45); // a stall of 45 ms
    for (let count = 1; count <= 4; count++) loop.answered(0, 45 + count);
    expect([...loop.timesAt(50).latencies]).toEqual([45, 36, 27, 18, 9]);
  });

  test("of those that the load generator itself sends late, whose delay is counted", () => {
    const { loop } = makeLoop({ seconds: 0.02 });
    loop.advance(0);
    loop.advance(14);
    loop.answered(0, 14);
    loop.answered(1, 16);
    const { latencies, delays } = loop.timesAt(16);
    expect([...latencies]).toEqual([14, 6]);
    expect([...delays]).toEqual([0, 4]);
  });

  test("of those without an answer, until the end", () => {
    const { loop } = makeLoop({ seconds: 0.04, connections: 2 });
    loop.advance(30);
    loop.answered(1, 30);
    expect([...loop.timesAt(100).latencies]).toEqual([100, 20, 80, 70]);
  });
});

test("a connection that is free again before its next request is due waits for that", () => {
  const { loop, sent } = makeLoop({ connections: 1 });
  loop.advance(0);
  loop.answered(0, 1);
  loop.advance(9);
  expect(sent).toEqual([0]);
  loop.advance(10);
  expect(sent).toEqual([0, 0]);
});

test("a slow connection does not hold up the others", () => {
  const { loop, sent } = makeLoop({ connections: 2 });
  for (let now = 0; now <= 60; now += 10) {
    loop.advance(now);
    if (sent.at(-1) === 1 && now % 20 === 10) loop.answered(1, now + 1);
  }
  expect(sent).toEqual([0, 1, 1, 1]);
});
