import { expect, test } from "vitest";
import { busyProcesses } from "../../measure/other-load.ts";
import { ticksPerSecond } from "../../measure/process-stat.ts";

const SECOND = ticksPerSecond();

test("processes that have used much of a core are busy, the busiest first", () => {
  const before = [stat(1, 100), stat(2, 5), stat(3, 0)];
  const after = [stat(1, 100 + SECOND), stat(2, 5 + 2 * SECOND), stat(3, SECOND / 10), stat(4, 50 * SECOND)];
  expect(busyProcesses(before, after, 2)).toEqual([
    { pid: 2, share: 1 },
    { pid: 1, share: 0.5 },
  ]);
});

function stat(pid: number, ticks: number) {
  return { pid, ticks, parent: 0, childTicks: 0 };
}
