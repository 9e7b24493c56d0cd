import { describe, expect, test } from "vitest";
import { ChunkSlots } from "../../src/answers/chunk-slots.ts";

describe("the slots of chunks that are read", () => {
  test("are four; a further chunk waits for the next release, in order", async () => {
    const slots = new ChunkSlots();
    expect(Array.from({ length: 4 }, () => slots.take())).toEqual(Array(4).fill(undefined));
    const taken: string[] = [];
    const waits = ["a", "b"].map((name) => slots.take()?.then(() => taken.push(name)));
    slots.release();
    await waits[0];
    expect(taken).toEqual(["a"]);
    slots.release();
    await waits[1];
    expect(taken).toEqual(["a", "b"]);
  });

  test("are free again after as many releases as takes", () => {
    const slots = new ChunkSlots();
    for (let count = 0; count < 100; count++) {
      expect(slots.take()).toBeUndefined();
      slots.release();
    }
    expect(Array.from({ length: 5 }, () => slots.take()).slice(3)).toEqual([undefined, expect.any(Promise)]);
  });
});
