import { afterEach, describe, expect, it, vi } from "vitest";
import { WriteBatch } from "../../src/direct/write-batch.ts";
import { nextUncaught } from "../_uncaught.ts";

/** Enough answers for a turn to be measured. */
const MANY = 256;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const atExit = process.listeners("exit");

afterEach(() => {
  vi.restoreAllMocks();
  for (const listener of process.listeners("exit"))
    if (!atExit.includes(listener)) process.off("exit", listener);
});

/** Answers of a test, and which of them have left. */
class Answers {
  readonly batch: WriteBatch = new WriteBatch();
  readonly left: string[] = [];

  /** Whether an answer waits. */
  give(name = "", flush: () => void = () => this.left.push(name)): boolean {
    return this.batch.join({ flush });
  }

  /** Gives some; how many of them wait. */
  giveMany(count: number): number {
    return Array.from({ length: count }, (_, index) => this.give(String(index))).filter(Boolean).length;
  }

  /** Lets turns pass in which so many connections have answers, until they have been looked at. */
  async load(answers: number): Promise<this> {
    this.giveMany(MANY);
    await nextTurn(); // from here on a turn is looked at
    this.giveMany(answers);
    await nextTurn();
    this.left.length = 0;
    return this;
  }
}

/** A clock that goes on by so many milliseconds whenever it is asked. */
function slowClock(milliseconds: number): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += milliseconds;
    return now;
  });
}

describe("the answers of a process", () => {
  it("leave at once, however many, until a whole turn has been looked at", async () => {
    const answers = new Answers();
    expect(answers.giveMany(10 * MANY)).toBe(0);
    await nextTurn();
    expect(answers.giveMany(10 * MANY)).toBe(0);
  });

  it.each([
    [7, 0],
    [8, 3],
    [500, 3],
  ])("that %i connections had in a turn let %i of 3 wait in the next", async (before, waiting) => {
    slowClock(0);
    const answers = await new Answers().load(before);
    expect(answers.giveMany(3)).toBe(waiting);
    expect(answers.left).toEqual([]);
    await nextTurn();
    expect(answers.left).toEqual(["0", "1", "2"].slice(0, waiting));
  });

  it("go on to wait while eight connections have one, and no longer", async () => {
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

  it("leave at once where they take long: those that are ready would wait for those that are not", async () => {
    slowClock(1);
    const answers = await new Answers().load(8);
    expect(answers.giveMany(8)).toBe(0);
  });

  it("leave at once again when they begin to take long", async () => {
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

  it("wait for 31 others at most, and then for what is under way", async () => {
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

  it("are counted for the whole turn, also when many have left before its end", async () => {
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

  it("leave when the process ends in a listener of one before them", async () => {
    slowClock(0);
    const answers = await new Answers().load(50);
    answers.give("", () => process.listeners("exit").at(-1)?.(0));
    answers.giveMany(3);
    await nextTurn();
    expect(answers.left).toEqual(["0", "1", "2"]);
  });

  it("leave when one before them throws, which is reported as any other error", async () => {
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
