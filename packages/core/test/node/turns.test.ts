import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Turns } from "../../src/node/turns.ts";
import { nextUncaught } from "../_uncaught.ts";

const BUDGET = 10;
const OPEN = { destroyed: false };

let now = 1_000;

beforeEach(() => void vi.spyOn(performance, "now").mockImplementation(() => now));
afterEach(() => void vi.restoreAllMocks());

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The requests of a test, each of which takes a number of milliseconds. */
class Requests {
  readonly turns: Turns = new Turns();
  readonly handled: string[] = [];
  readonly deferred: string[] = [];

  arrive(name: string, takes = 0, connection: { destroyed: boolean } = OPEN): void {
    const handle = (): void => {
      this.handled.push(name);
      now += takes;
    };
    if (!this.turns.isOver()) return handle();
    this.deferred.push(name);
    this.turns.defer(connection, handle);
  }

  /** Lets a number of requests arrive in one turn. */
  arriveMany(count: number, takes: number): this {
    for (let index = 1; index <= count; index++) this.arrive(`${index}`, takes);
    return this;
  }
}

describe("the requests of a turn", () => {
  it("are handled at once, in any number, while the turn is short", () => {
    const { handled, deferred } = new Requests().arriveMany(2_000, BUDGET / 2_000);
    expect([handled.length, deferred.length]).toEqual([2_000, 0]);
  });

  it("are handled at once, however slow, while they are few", () => {
    const { handled, deferred } = new Requests().arriveMany(7, 1_000);
    expect([handled.length, deferred.length]).toEqual([7, 0]);
  });

  it("are deferred when the turn has lasted longer than its budget", () => {
    const { handled, deferred } = new Requests().arriveMany(50, 1);
    // The fourth request begins the watch; from then on, each fourth request looks at the clock.
    expect([handled.at(-1), deferred[0], deferred.at(-1)]).toEqual(["15", "16", "50"]);
  });

  it("are handled at once in many short turns, which last long together", async () => {
    const requests = new Requests();
    for (let turn = 0; turn < 10; turn++) {
      requests.arriveMany(10, 0.5);
      await nextTurn();
    }
    expect(requests.deferred).toEqual([]);
  });

  it("are deferred in a long turn that follows short ones", async () => {
    const requests = new Requests();
    for (let turn = 0; turn < 10; turn++) {
      requests.arriveMany(10, 0.5);
      await nextTurn();
    }
    requests.arriveMany(100, 0.5);
    // The turns before may have begun the budget of a watch; it begins again with this turn.
    expect(requests.handled.length - 100).toBeLessThanOrEqual((2 * BUDGET) / 0.5 + 8);
  });
});

describe("deferred requests", () => {
  it("are handled in the order of their arrival, after each turn's share with timers between them", async () => {
    const requests = new Requests().arriveMany(30, 3);
    const waiting = requests.deferred.length;
    const shares: number[] = [];
    for (
      let before = requests.handled.length;
      requests.handled.length < 30;
      before = requests.handled.length
    ) {
      await nextTurn();
      shares.push(requests.handled.length - before);
    }
    expect(Math.max(...shares)).toBe(4); // 3 + 3 + 3 ms, and one that begins within the budget
    expect(shares.reduce((sum, share) => sum + share)).toBe(waiting);
    expect(requests.handled).toEqual(Array.from({ length: 30 }, (_, index) => `${index + 1}`));
  });

  it("are handled one in each turn when each takes longer than the budget", async () => {
    const requests = new Requests().arriveMany(9, 50);
    expect(requests.deferred).toEqual(["8", "9"]);
    await nextTurn();
    expect(requests.handled.at(-1)).toBe("8");
    await nextTurn();
    expect(requests.handled.at(-1)).toBe("9");
  });

  it("go before requests that arrive later", async () => {
    const requests = new Requests().arriveMany(12, 10);
    await nextTurn();
    requests.arrive("late");
    expect(requests.deferred.at(-1)).toBe("late");
    await vi.waitUntil(() => requests.handled.length === 13);
    expect(requests.handled.slice(-4)).toEqual(["10", "11", "12", "late"]);
  });

  it("leave the next request to be handled at once when none waits any more", async () => {
    const requests = new Requests().arriveMany(8, 10);
    await nextTurn();
    requests.arrive("next");
    expect(requests.handled.at(-1)).toBe("next");
  });

  it("are dropped when their connection is closed before", async () => {
    const requests = new Requests().arriveMany(7, 10);
    const connection = { destroyed: false };
    requests.arrive("leaves", 0, connection);
    requests.arrive("stays");
    connection.destroyed = true;
    await nextTurn();
    expect(requests.handled.slice(7)).toEqual(["stays"]);
    expect(requests.turns.wait).toBe(0);
  });

  it("run in the async context of their arrival, with ticks and promises after each", async () => {
    const requests = new Requests().arriveMany(7, 10);
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    for (const name of ["a", "b"]) {
      storage.run(name, () => {
        expect(requests.turns.isOver()).toBe(true);
        requests.turns.defer(OPEN, () => {
          seen.push(storage.getStore());
          storage.enterWith(`changed by ${name}`);
          process.nextTick(() => seen.push(`tick of ${name}`));
          void Promise.resolve().then(() => seen.push(storage.getStore()));
        });
      });
    }
    await nextTurn();
    expect(seen).toEqual(["a", "tick of a", "changed by a", "b", "tick of b", "changed by b"]);
  });

  it("are handled after one that throws, and the error is an uncaught exception", async () => {
    const requests = new Requests().arriveMany(8, 10);
    requests.turns.defer(OPEN, () => {
      throw new Error("mine");
    });
    requests.arrive("next");
    expect(String(await nextUncaught())).toBe("Error: mine");
    await vi.waitUntil(() => requests.handled.at(-1) === "next");
  });

  it("tell how long the oldest has waited", async () => {
    const requests = new Requests();
    expect(requests.turns.wait).toBe(0);
    requests.arriveMany(9, 20);
    expect(requests.deferred).toEqual(["8", "9"]);
    now += 5;
    expect(requests.turns.wait).toBe(5);
    await nextTurn();
    expect(requests.turns.wait).toBe(25);
    await nextTurn();
    expect(requests.turns.wait).toBe(0);
  });
});

describe("turns in which connections arrive", () => {
  const SHORT = 0.25;

  it("handle requests for a quarter of a millisecond, and defer the others", () => {
    const requests = new Requests();
    requests.turns.expectConnections();
    requests.arriveMany(20, SHORT / 4);
    // The fourth request begins the watch; from then on, each fourth request looks at the clock.
    expect([requests.handled.at(-1), requests.deferred.length]).toEqual(["11", 9]);
  });

  it("stay short as long as connections arrive, with a share of the deferred requests in each", async () => {
    const requests = new Requests();
    requests.turns.expectConnections();
    requests.arriveMany(60, SHORT / 2);
    const shares: number[] = [];
    while (requests.handled.length < 60) {
      const before = requests.handled.length;
      await nextTurn();
      requests.turns.expectConnections();
      shares.push(requests.handled.length - before);
    }
    expect(shares.length).toBeGreaterThan(15);
    expect(Math.max(...shares)).toBe(3); // two within the budget, and one that begins within it
  });

  it("are followed by turns of the usual length when no connection has arrived for eight turns", async () => {
    const requests = new Requests();
    requests.turns.expectConnections();
    requests.arriveMany(60, 1);
    const shares: number[] = [];
    for (let turn = 1; turn <= 9; turn++) {
      const before = requests.handled.length;
      await nextTurn();
      shares.push(requests.handled.length - before);
    }
    expect(shares).toEqual([1, 1, 1, 1, 1, 1, 1, BUDGET + 1, BUDGET + 1]);
  });

  it("cost nothing when each has few requests", async () => {
    const requests = new Requests();
    for (let turn = 0; turn < 20; turn++) {
      requests.turns.expectConnections();
      requests.arriveMany(3, SHORT / 4);
      await nextTurn();
    }
    expect(requests.deferred).toEqual([]);
  });
});

describe("an alarm", () => {
  it("is given by one of the next four requests after its time, once, and can be set again from its call", () => {
    const requests = new Requests();
    const alarm = vi.fn(() => requests.turns.setAlarm(100, alarm));
    requests.turns.setAlarm(100, alarm);
    const rings = [50, 50, 1, 50, 60].map((milliseconds) => {
      now += milliseconds;
      requests.arriveMany(4, 0);
      return alarm.mock.calls.length;
    });
    expect(rings).toEqual([0, 0, 1, 1, 2]);
  });

  it("is not given while it is set again in time", () => {
    const requests = new Requests();
    const alarm = vi.fn();
    for (let beat = 0; beat < 10; beat++) {
      requests.turns.setAlarm(100, alarm);
      now += 60;
      requests.arriveMany(4, 0);
    }
    expect(alarm).not.toHaveBeenCalled();
  });
});
