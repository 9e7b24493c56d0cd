import { afterEach, describe, expect, it, vi } from "vitest";
import { Departures } from "../../src/direct/departures.ts";
import { nextUncaught } from "../_uncaught.ts";

/** Enough answers for a look at how many a turn has. */
const MANY = 64;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.restoreAllMocks();
});

/** Answers of a test, and which of them have left. */
class Answers {
  readonly departures: Departures = new Departures();
  readonly left: string[] = [];

  /** Whether an answer waits. */
  give(name = "", flush: () => void = () => this.left.push(name)): boolean {
    return this.departures.joins({ flush });
  }

  /** Gives some; how many of them wait. */
  giveMany(count: number): number {
    return Array.from({ length: count }, (_, index) => this.give(String(index))).filter(Boolean).length;
  }

  /** Lets turns pass in which so many connections have answers, until they have been looked at. */
  async load(answers: number): Promise<this> {
    this.giveMany(MANY);
    await turn(); // from here on a turn is looked at
    this.giveMany(answers);
    await turn();
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
    await turn();
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
    await turn();
    expect(answers.left).toEqual(["0", "1", "2"].slice(0, waiting));
  });

  it("go on to wait while four connections have one, and no longer", async () => {
    slowClock(0);
    const answers = await new Answers().load(8);
    for (let count = 0; count < 3; count++) {
      expect(answers.giveMany(4)).toBe(4);
      await turn();
    }
    expect(answers.giveMany(3)).toBe(3);
    await turn();
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
    await turn();
    expect(answers.left.length).toBe(20);
    expect(answers.giveMany(20)).toBe(0);
  });

  it("are looked at again much later behind a turn that was slow", async () => {
    slowClock(1);
    const answers = await new Answers().load(8);
    slowClock(0);
    await answers.load(100);
    expect(answers.giveMany(3)).toBe(0);
    answers.giveMany(1_000);
    await turn();
    answers.giveMany(100);
    await turn();
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
    await turn();
    expect(answers.left.at(-1)).toBe("behind");
    expect(answers.give()).toBe(true);
    await turn();
    expect(answers.give()).toBe(false);
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
    await turn();
    await turn();
    expect(answers.left).toEqual(["first", "last"]);
  });
});
