/**
 * Lets the answers of one turn of the event loop leave together, behind the last request that was read in it. Under load
 * a turn reads from many connections, and to go back and forth between handlers and the network costs more than first the
 * one and then the other: each drives the other's code out of the caches, and a client that has fallen asleep is woken for
 * each answer instead of for many.
 */

import { AsyncResource } from "node:async_hooks";

/** Whoever has something to write. */
export interface Departing {
  /** Writes it. */
  flush(): void;
}

/** How many connections must have answers in a turn for it to be worth the wait: with 4 it costs what it saves. */
const FEWEST = 8;

/** How many must have them for it to go on: turns differ, and a client that is woken for many falls behind. */
const FEWEST_LATER = 4;

/** How many answers wait for each other; what more of them save is below the noise. */
const MOST = 32;

/** An answer that takes longer than this, in milliseconds, has little to save, and those before it would wait for it. */
const SLOWEST = 0.1;

/** How many answers leave at once before the next look at how many a turn has: a look costs two immediates. */
const BETWEEN_LOOKS = 64;

/** How many leave at once behind a turn that was slow: where one handler blocks, others will. */
const BEHIND_SLOW = 1_000;

const Mode = Object.freeze({ AT_ONCE: 0, LOOKING: 1, TOGETHER: 2 });

// Taken before a test of the user's can put timers in their place that fire when it says so.
const { performance, setImmediate } = globalThis;
const { nextTick } = process;

/** Answers leave in the context of nobody: not in that of the request which happened to be the first to wait. */
const nobody = new AsyncResource("PacketronDepartures");

/** The answers that wait in a process. */
export class Departures {
  #mode: number = Mode.AT_ONCE;
  #waiting: Departing[] = [];
  /** Connections with an answer, since the last look or in this turn. */
  #answers = 0;
  /** When the turn began that is looked at, in milliseconds. */
  #start = 0;
  /** Whether the end of this turn is waited for. */
  #isBegun = false;
  /** How many answers leave at once before the next look. */
  #untilLook = BETWEEN_LOOKS;
  #isExitWatched = false;

  /**
   * Whether an answer is to wait. Then its outlet, which had nothing to write before, is flushed in this turn of the
   * event loop.
   */
  joins(outlet: Departing): boolean {
    this.#answers++;
    if (this.#mode === Mode.TOGETHER) {
      if (!this.#isBegun) this.#begin();
      // Not here, in the handler of one of them.
      if (this.#waiting.push(outlet) === MOST) nobody.runInAsyncScope(nextTick, undefined, this.#flush);
      return true;
    }
    if (this.#mode === Mode.AT_ONCE && this.#answers >= this.#untilLook) {
      this.#mode = Mode.LOOKING;
      nobody.runInAsyncScope(setImmediate, undefined, this.#look);
    }
    return false;
  }

  /** Whether the answers of the next turn are to wait for each other, as things were in this one. */
  isWorthIt(answers: number, milliseconds: number): boolean {
    const fewest = this.#mode === Mode.TOGETHER ? FEWEST_LATER : FEWEST;
    return answers >= fewest && milliseconds <= answers * SLOWEST;
  }

  /** From here to the next immediate is one turn. */
  readonly #look = (): void => {
    this.#answers = 0;
    this.#start = performance.now();
    setImmediate(this.#judge);
  };

  #begin(): void {
    this.#isBegun = true;
    this.#start = performance.now();
    nobody.runInAsyncScope(setImmediate, undefined, this.#depart);
  }

  /** The turn is over. */
  readonly #depart = (): void => {
    this.#isBegun = false;
    this.#judge();
    this.#flush();
  };

  readonly #judge = (): void => {
    const milliseconds = performance.now() - this.#start;
    const isWorthIt = this.isWorthIt(this.#answers, milliseconds);
    this.#mode = isWorthIt ? Mode.TOGETHER : Mode.AT_ONCE;
    this.#untilLook = milliseconds > this.#answers * SLOWEST ? BEHIND_SLOW : BETWEEN_LOOKS;
    this.#answers = 0;
    if (isWorthIt && !this.#isExitWatched) {
      this.#isExitWatched = true;
      process.on("exit", this.#flush); // a handler may end the process behind its answer
    }
  };

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    let index = 0;
    try {
      while (index < waiting.length) waiting[index++]?.flush();
    } finally {
      // A listener of one of them has thrown. Those behind it must not wait for ever.
      if (index < waiting.length) {
        this.#waiting.push(...waiting.slice(index));
        nobody.runInAsyncScope(setImmediate, undefined, this.#flush);
      }
    }
  };
}

/** Those of this process: it has one event loop. */
export const departures: Departures = new Departures();
