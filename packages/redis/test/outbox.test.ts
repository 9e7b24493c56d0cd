import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Outbox, type Outgoing } from "../src/outbox.ts";

describe("messages on their way", () => {
  const sent: number[][] = [];
  const dropped: number[] = [];
  let state: "up" | "down" = "up";
  let isFailing = false;
  const send = async (batch: readonly Outgoing[]): Promise<void> => {
    if (isFailing) throw new Error("no answer");
    sent.push(batch.map(({ number }) => number));
  };
  const create = (): Outbox =>
    new Outbox({ send, state: () => state, onDrop: (count) => dropped.push(count) });
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    sent.length = 0;
    dropped.length = 0;
    state = "up";
    isFailing = false;
  });

  test("go in batches of at most 100 messages", async () => {
    const outbox = create();
    for (let count = 0; count < 250; count++) outbox.add("t", new Uint8Array(1), 1);
    await outbox.close();
    expect(sent.map((batch) => batch.length)).toEqual([1, 100, 100, 49]);
    expect(sent.flat()).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
  });

  test("go in batches of about 256 KiB, a larger message by itself", async () => {
    const outbox = create();
    for (const size of [400_000, 100_000, 100_000, 100_000]) outbox.add("t", new Uint8Array(size), 1);
    await outbox.close();
    expect(sent).toEqual([[1], [2, 3], [4]]);
  });

  test("are sent again after a failure, and dropped when they are 5 s old", async () => {
    isFailing = true;
    const outbox = create();
    outbox.add("t", new Uint8Array(1), 1);
    await vi.advanceTimersByTimeAsync(4_000);
    outbox.add("t", new Uint8Array(1), 1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(dropped).toEqual([1]);
    isFailing = false;
    await vi.advanceTimersByTimeAsync(200);
    expect(sent).toEqual([[2]]);
  });

  test.each([
    ["down", 3, [1, 1]],
    ["up", 5, []],
  ] as const)("are kept up to a limit: Redis is %s", async (given, kept, drops) => {
    state = given;
    isFailing = true;
    const outbox = create();
    for (let count = 0; count < 5; count++) outbox.add("t", new Uint8Array(300_000), 1);
    expect(dropped).toEqual(drops);
    isFailing = false;
    await vi.advanceTimersByTimeAsync(200);
    expect(sent.flat()).toHaveLength(kept);
  });
});
