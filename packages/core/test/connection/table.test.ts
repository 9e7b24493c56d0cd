import { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../../src/connection/connection.ts";
import { ConnectionTable } from "../../src/connection/table.ts";

const LIMITS = { lingerBytes: 0, lingerTimeout: 0, errorBodies: "none" } as const;
const GRACE = 60_000;

/** Opens connections in a new table. */
function openMany(count: number): { table: ConnectionTable; draining: () => number; opened: Connection[] } {
  const table = new ConnectionTable(LIMITS);
  const opened = Array.from({ length: count }, () => table.open(new Socket()));
  return { table, opened, draining: () => opened.filter(({ isFree }) => !isFree).length };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a drain that is spread over time", () => {
  test.each([
    [1_000, 1_000],
    [3_000, 2_000],
  ])("of %i connections takes %i ms", async (count, duration) => {
    const { table, draining } = openMany(count);
    void table.drain(GRACE, 2_000);
    expect(draining()).toBeLessThan(count / 50);
    await vi.advanceTimersByTimeAsync(duration / 2);
    expect(Math.abs(draining() - count / 2)).toBeLessThan(count / 20);
    await vi.advanceTimersByTimeAsync(duration / 2 + 20);
    expect(draining()).toBe(count);
  });

  test("of a few connections begins at once", () => {
    const { table, draining } = openMany(19);
    void table.drain(GRACE, 2_000);
    expect(draining()).toBe(19);
  });

  test("counts time, not timers: a timer that fires late begins all drains that are due", () => {
    const { table, draining } = openMany(1_000);
    void table.drain(GRACE, 2_000);
    const real = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(real + 900);
    vi.advanceTimersToNextTimer();
    expect(draining()).toBeGreaterThanOrEqual(900);
  });

  test("ends when the whole server drains", () => {
    const { table, draining } = openMany(1_000);
    const first = table.drain(GRACE, 2_000);
    expect(table.drain(GRACE)).toBe(first);
    expect(draining()).toBe(1_000);
  });

  test("lets a connection that is opened later drain at once", () => {
    const { table } = openMany(1_000);
    void table.drain(GRACE, 2_000);
    expect(table.open(new Socket()).isFree).toBe(false);
  });

  test("leaves no timer when the connections close before it ends", async () => {
    const { table, opened } = openMany(100);
    const drained = table.drain(GRACE, 2_000);
    for (const { socket } of opened) socket.destroy();
    await drained;
    expect(vi.getTimerCount()).toBe(0);
  });
});
