import { afterEach, describe, expect, it, vi } from "vitest";
import { WriteBatch } from "../../src/direct/write-batch.ts";
import { nextUncaught } from "../_uncaught.ts";

/** Enough answers for a turn to count for the measurement. */
const MANY = 256;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const atExit = process.listeners("exit");

afterEach(() => {
  vi.restoreAllMocks();
  for (const listener of process.listeners("exit"))
    if (!atExit.includes(listener)) process.off("exit", listener);
});

/** The answers of a test, and the names of those that were flushed. */
class Answers {
  readonly batch: WriteBatch = new WriteBatch();
  readonly left: string[] = [];

  /** Adds an answer; returns whether it is batched. */
  give(name = "", flush: () => void = () => this.left.push(name)): boolean {
    return this.batch.join({ flush });
  }

  /** Adds a number of answers; returns how many of them are batched. */
  giveMany(count: number): number {
    return Array.from({ length: count }, (_, index) => this.give(String(index))).filter(Boolean).length;
  }

  /** Makes turns with a number of answering connections, until the batch has measured one. */
  async load(answers: number): Promise<this> {
    this.giveMany(MANY);
    await nextTurn(); // the measurement begins with this turn
    this.giveMany(answers);
    await nextTurn();
    this.left.length = 0;
    return this;
  }
}

/** Makes `performance.now()` advance by a number of milliseconds at each call. */
function slowClock(milliseconds: number): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += milliseconds;
    return now;
  });
}

describe("the answers of a process", () => {
  it("are flushed at once, in any number, until a whole turn was measured", async () => {
    const answers = new Answers();
    expect(answers.giveMany(10 * MANY)).toBe(0);
    await nextTurn();
    expect(answers.giveMany(10 * MANY)).toBe(0);
  });

  it.each([
    [7, 0],
    [8, 3],
    [500, 3],
  ])("of %i connections in a turn batch %i of 3 answers in the next", async (before, waiting) => {
    slowClock(0);
    const answers = await new Answers().load(before);
    expect(answers.giveMany(3)).toBe(waiting);
    expect(answers.left).toEqual([]);
    await nextTurn();
    expect(answers.left).toEqual(["0", "1", "2"].slice(0, waiting));
  });

  it("are batched as long as eight connections have one", async () => {
    slowClock(0);
    const answers = await new Answers().load(8);
    for (let count = 0; count < 3; count++) {
      expect(answers.giveMany(8)).toBe(8);
      await nextTurn();
    }
    expect(answers.giveMany(7)).toBe(7);
    await nextTurn();
    expect(answers.giveMany(50)).toBe(0);
  });

  it("are flushed at once when they take long, because ready answers would wait for slow ones", async () => {
    slowClock(1);
    const answers = await new Answers().load(8);
    expect(answers.giveMany(8)).toBe(0);
  });

  it("are flushed at once again when they begin to take long", async () => {
    slowClock(0);
    const answers = await new Answers().load(20);
    slowClock(2.1);
    expect(answers.giveMany(20)).toBe(20);
    await nextTurn();
    expect(answers.left.length).toBe(20);
    expect(answers.giveMany(20)).toBe(0);
  });

  it("are measured again after a turn that was slow", async () => {
    slowClock(1);
    const answers = await new Answers().load(8);
    slowClock(0);
    await answers.load(100);
    expect(answers.giveMany(3)).toBe(3);
  });

  it("wait for at most 31 others, and then for a flush that is under way", async () => {
    slowClock(0);
    const answers = await new Answers().load(50);
    answers.giveMany(31);
    await Promise.resolve();
    expect(answers.left.length).toBe(0);
    answers.give("last");
    expect(answers.left.length).toBe(0);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(answers.left.length).toBe(32);
  });

  it("are counted for the whole turn, also when many were flushed before its end", async () => {
    slowClock(0);
    const answers = await new Answers().load(50);
    answers.giveMany(32);
    await new Promise((resolve) => process.nextTick(resolve));
    answers.give("behind");
    await nextTurn();
    expect(answers.left.at(-1)).toBe("behind");
    expect(answers.give()).toBe(true);
    await nextTurn();
    expect(answers.give()).toBe(false);
  });

  it("are flushed when the process exits in a listener of an earlier one", async () => {
    slowClock(0);
    const answers = await new Answers().load(50);
    answers.give("", () => process.listeners("exit").at(-1)?.(0));
    answers.giveMany(3);
    await nextTurn();
    expect(answers.left).toEqual(["0", "1", "2"]);
  });

  it("are flushed when an earlier one throws, and the error is an uncaught exception", async () => {
    slowClock(0);
    const answers = await new Answers().load(50);
    answers.give("first");
    answers.give("", () => {
      throw new Error("mine");
    });
    answers.give("last");
    expect(String(await nextUncaught())).toBe("Error: mine");
    expect(answers.left).toEqual(["first", "last"]);
  });
});
