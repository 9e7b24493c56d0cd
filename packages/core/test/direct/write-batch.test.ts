import { afterEach, describe, expect, it, vi } from "vitest";
import { Turn } from "../../src/direct/write-batch.ts";
import { nextUncaught } from "../_uncaught.ts";

/** Enough answers for a look at how many a turn has. */
const MANY = 64;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const atExit = process.listeners("exit");

afterEach(() => {
  vi.restoreAllMocks();
  for (const listener of process.listeners("exit"))
    if (!atExit.includes(listener)) process.off("exit", listener);
});

/** Answers of a test, and which of them have left. */
class Answers {
  readonly turn: Turn = new Turn();
  readonly left: string[] = [];

  /** Whether an answer waits. */
  give(name = "", flush: () => void = () => this.left.push(name)): boolean {
    return this.turn.join({ flush });
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

  it("go on to wait while four connections have one, and no longer", async () => {
    slowClock(0);
    const answers = await new Answers().load(8);
    for (let count = 0; count < 3; count++) {
      expect(answers.giveMany(4)).toBe(4);
      await nextTurn();
    }
    expect(answers.giveMany(3)).toBe(3);
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

  it("are looked at again much later behind a turn that was slow", async () => {
    slowClock(1);
    const answers = await new Answers().load(8);
    slowClock(0);
    await answers.load(100);
    expect(answers.giveMany(3)).toBe(0);
    answers.giveMany(1_000);
    await nextTurn();
    answers.giveMany(100);
    await nextTurn();
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

/** Requests of a test, and what has become of them. */
class Requests {
  readonly turn: Turn;
  readonly log: string[] = [];

  constructor(turn: Turn) {
    this.turn = turn;
  }

  /** Whether a request waits; it is answered when it is begun. */
  come(name: string, begin: () => void = () => {}): boolean {
    const flush = (): void => void this.log.push(`${name} leaves`);
    return this.turn.hold({
      begin: () => {
        this.log.push(`${name} begins`);
        this.turn.join({ flush });
        process.nextTick(() => this.log.push(`${name} ticks`));
        void Promise.resolve().then(() => this.log.push(`${name} promises`));
        begin();
      },
      end: () => void this.log.push(`${name} ends`),
    });
  }
}

describe("the requests of a process", () => {
  it("do not wait before their answers do", async () => {
    slowClock(0);
    const answers = new Answers();
    const requests = new Requests(answers.turn);
    expect(requests.come("early")).toBe(false);
    answers.giveMany(MANY);
    expect(requests.come("looked at")).toBe(false);
    await nextTurn();
    expect(requests.log).toEqual([]);
  });

  it("begin, end and leave step by step, with what handlers have asked for between them", async () => {
    slowClock(0);
    const { turn } = await new Answers().load(8);
    const requests = new Requests(turn);
    expect(["a", "b"].map((name) => requests.come(name))).toEqual([true, true]);
    await Promise.resolve();
    expect(requests.log).toEqual([]);
    await nextTurn();
    const steps = ["begins", "ticks", "promises", "ends", "leaves"];
    expect(requests.log).toEqual(steps.flatMap((step) => [`a ${step}`, `b ${step}`]));
  });

  it("are done with in batches of 32, all of them in their turn", async () => {
    slowClock(0);
    const { turn } = await new Answers().load(8);
    const requests = new Requests(turn);
    const names = Array.from({ length: 80 }, (_, index) => String(index));
    for (const name of names) expect(requests.come(name)).toBe(true);
    await nextTurn();
    const steps = ["begins", "ticks", "promises", "ends", "leaves"];
    const batches = [names.slice(0, 32), names.slice(32, 64), names.slice(64)];
    expect(requests.log).toEqual(
      batches.flatMap((batch) => steps.flatMap((step) => batch.map((name) => `${name} ${step}`))),
    );
  });

  it("do not wait for more than 255 others", async () => {
    slowClock(0);
    const { turn } = await new Answers().load(8);
    const requests = new Requests(turn);
    const waiting = Array.from({ length: 300 }, () => requests.come("one"));
    expect(waiting.filter(Boolean).length).toBe(256);
    await nextTurn();
    expect(requests.log.filter((line) => line.endsWith("leaves")).length).toBe(256);
    expect(requests.come("next")).toBe(true);
  });

  it("do not wait where they come while others are handled", async () => {
    slowClock(0);
    const answers = await new Answers().load(8);
    const requests = new Requests(answers.turn);
    const waits: boolean[] = [];
    answers.giveMany(8);
    requests.come("first", () => {
      waits.push(requests.come("second"));
      process.nextTick(() => waits.push(requests.come("third")));
    });
    await nextTurn();
    expect(waits).toEqual([false, false]);
    expect(requests.come("fourth")).toBe(true);
    await nextTurn();
    expect(requests.log.at(-1)).toBe("fourth leaves");
  });

  it("begin and end when one before them throws, which is reported as any other error", async () => {
    slowClock(0);
    const { turn } = await new Answers().load(8);
    const requests = new Requests(turn);
    requests.come("first", () => {
      throw new Error("mine");
    });
    requests.come("last");
    expect(String(await nextUncaught())).toBe("Error: mine");
    await nextTurn();
    const steps = ["begins", "ticks", "promises", "ends", "leaves"];
    // Node does the other ticks of a turn in which one has thrown when it likes.
    expect(requests.log.toSorted()).toEqual(
      steps.flatMap((step) => [`first ${step}`, `last ${step}`]).toSorted(),
    );
  });
});
