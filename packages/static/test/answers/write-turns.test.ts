import { describe, expect, test } from "vitest";
import { WriteTurns } from "../../src/answers/write-turns.ts";

const CHUNK = 16 * 1024;

/** Takes chunks, and returns the numbers of those that were written, in order. */
function takeMany(turns: WriteTurns, count: number): number[] {
  const written: number[] = [];
  for (let number = 0; number < count; number++) {
    const turn = turns.take(CHUNK);
    if (turn === undefined) written.push(number);
    else void turn.then(() => written.push(number));
  }
  return written;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("the chunks that are written in one turn of the event loop", () => {
  test("are 128 KiB, and the others follow in order, 128 KiB in each turn", async () => {
    const written = takeMany(new WriteTurns(), 20);
    expect(written).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await nextTurn();
    expect(written).toHaveLength(16);
    await nextTurn();
    expect(written).toEqual(Array.from({ length: 20 }, (_, number) => number));
  });

  test("are written at once in a later turn, when none waits", async () => {
    const turns = new WriteTurns();
    for (let round = 0; round < 3; round++) {
      expect(takeMany(turns, 8)).toHaveLength(8);
      await nextTurn();
    }
  });

  test("do not overtake a chunk that waits", async () => {
    const turns = new WriteTurns();
    const first = takeMany(turns, 17);
    await nextTurn();
    expect(first).toHaveLength(16);
    expect(turns.take(1)).toBeInstanceOf(Promise);
  });

  test("include one that is larger than 128 KiB", async () => {
    const turns = new WriteTurns();
    expect(turns.take(3 * 2 ** 20)).toBeUndefined();
    const next = turns.take(1);
    expect(next).toBeInstanceOf(Promise);
    await next;
  });
});
