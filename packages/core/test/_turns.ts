/** Deferred requests, as in long turns of the event loop, for tests that make no load. */
import { onTestFinished, vi } from "vitest";
import { turns } from "../src/node/turns.ts";

/** Defers every request of this process for a number of turns, until mocks are restored. */
export function deferRequests(count = 1): void {
  vi.spyOn(turns, "isOver").mockReturnValue(true);
  if (count === 1) return;
  const defer = turns.defer.bind(turns);
  vi.spyOn(turns, "defer").mockImplementation((...call) => afterTurns(count - 1, () => defer(...call)));
}

function afterTurns(count: number, call: () => void): void {
  setImmediate(() => (count === 1 ? call() : afterTurns(count - 1, call)));
}

/** Handles every request of this file at once, however long a busy machine makes a turn. */
export function handleAtOnce(): void {
  turns.budget = Number.POSITIVE_INFINITY;
  turns.shortBudget = Number.POSITIVE_INFINITY;
}

/** Requests that wait for the test. */
export class HeldRequests {
  readonly #held: Parameters<typeof turns.defer>[] = [];
  #holds = true;

  /** Holds every request of this process, from now to the end of the test. */
  constructor() {
    const isOver = vi.spyOn(turns, "isOver").mockReturnValue(true);
    const original = turns.defer.bind(turns);
    const defer = vi
      .spyOn(turns, "defer")
      .mockImplementation((...call) => void (this.#holds ? this.#held.push(call) : original(...call)));
    onTestFinished(() => {
      isOver.mockRestore();
      defer.mockRestore();
    });
  }

  /** Waits until a number of requests have arrived. */
  async arrived(count: number): Promise<void> {
    await vi.waitUntil(() => this.#held.length >= count, { interval: 1, timeout: 10_000 });
  }

  /** Lets the requests be handled in one of the next turns. */
  release(): void {
    this.#holds = false;
    for (const call of this.#held.splice(0)) turns.defer(...call);
  }

  /** Holds requests again after a release. */
  hold(): void {
    this.#holds = true;
  }
}
