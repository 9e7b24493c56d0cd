/**
 * Does the work of a turn of the event loop in three steps under load: first the requests of many connections are read, then
 * they are handled, then their answers leave. To go back and forth between parser, handlers and network for each of them costs
 * more, because each drives the other's code out of the caches; and a client that has fallen asleep is woken for each answer
 * instead of for many.
 */

import { AsyncResource } from "node:async_hooks";
import { throwLater } from "../node/throw-later.ts";

/** Whoever has a request to handle. */
export interface Arriving {
  /** Handles it. */
  begin(): void;
  /** Tells it, behind ticks and promises of its handler, that all of it has come. */
  end(): void;
}

/** Whoever has something to write. */
export interface Departing {
  /** Writes it. */
  flush(): void;
}

/** How many connections must have answers in a turn for it to be worth the wait: with 4 it costs what it saves. */
const FEWEST = 8;

/** How many must have them for it to go on: turns differ, and a client that is woken for many falls behind. */
const FEWEST_LATER = 4;

/** How many requests are handled, and how many answers leave, one behind the other; what more of them save is below the noise. */
const BATCH = 32;

/** How many requests wait in a turn. */
const MOST = 256;

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
const nobody = new AsyncResource("PacketronTurn");

/** What waits in a process for its turn to go on. */
export class Turn {
  #mode: number = Mode.AT_ONCE;
  readonly #arrived: Arriving[] = [];
  #begun: Arriving[] = [];
  readonly #departing: Departing[] = [];
  /** Connections with an answer, since the last look or in this turn. */
  #answers = 0;
  /** When the turn began that is looked at, in milliseconds. */
  #start = 0;
  /** Whether the end of this turn is waited for. */
  #isBegun = false;
  /** Whether this turn is still at its first step. */
  #isReading = false;
  /** How many answers leave at once before the next look. */
  #untilLook = BETWEEN_LOOKS;
  #isExitWatched = false;

  /** Lets a request wait until others are read, if that is worth it; then it is begun and ended in this turn of the event loop. */
  hold(arriving: Arriving): boolean {
    if (this.#mode !== Mode.TOGETHER) return false;
    if (!this.#isBegun) this.#begin();
    if (!this.#isReading || this.#arrived.length === MOST) return false;
    if (this.#arrived.length > 0 && this.#arrived.length % BATCH === 0) this.#planSteps();
    this.#arrived.push(arriving);
    return true;
  }

  /**
   * Lets an answer wait for others, if that is worth it. Then its outlet, which had nothing to write before, is flushed in
   * this turn of the event loop.
   */
  join(departing: Departing): boolean {
    this.#answers++;
    if (this.#mode === Mode.TOGETHER) {
      if (!this.#isBegun) this.#begin();
      const waiting = this.#departing.push(departing);
      // Not here, in the handler of one of them.
      if (waiting === BATCH && this.#isReading) nobody.runInAsyncScope(nextTick, undefined, this.#flush);
      return true;
    }
    if (this.#mode === Mode.AT_ONCE && this.#answers >= this.#untilLook) {
      this.#mode = Mode.LOOKING;
      nobody.runInAsyncScope(setImmediate, undefined, this.#look);
    }
    return false;
  }

  /** Whether requests and answers of the next turn are to wait for each other, as things were in this one. */
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
    this.#isReading = true;
    this.#start = performance.now();
    this.#planSteps();
  }

  /** An immediate for each step of a batch: ticks and promises of the one are done before the next. */
  #planSteps(): void {
    nobody.runInAsyncScope(setImmediate, undefined, this.#handle);
    nobody.runInAsyncScope(setImmediate, undefined, this.#end);
    nobody.runInAsyncScope(setImmediate, undefined, this.#depart);
  }

  readonly #handle = (): void => {
    this.#isReading = false;
    this.#begun = this.#arrived.splice(0, BATCH);
    for (const arriving of this.#begun) attempt(begin, arriving);
  };

  readonly #end = (): void => {
    for (const arriving of this.#begun) attempt(end, arriving);
    this.#begun = [];
  };

  readonly #depart = (): void => {
    if (this.#arrived.length === 0) {
      this.#isBegun = false;
      this.#judge();
    }
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
      process.on("exit", this.#flush); // a handler, or a listener of an answer, may end the process
    }
  };

  readonly #flush = (): void => {
    // One by one: a listener may end the process, and then this is called for the others.
    for (let next = this.#departing.shift(); next !== undefined; next = this.#departing.shift())
      attempt(flush, next);
  };
}

function begin(arriving: Arriving): void {
  arriving.begin();
}

function end(arriving: Arriving): void {
  arriving.end();
}

function flush(departing: Departing): void {
  departing.flush();
}

/** Where one throws, the others must not wait for ever. */
function attempt<Member>(act: (member: Member) => void, member: Member): void {
  try {
    act(member);
  } catch (error) {
    throwLater(error);
  }
}

/** That of this process: it has one event loop. */
export const turn: Turn = new Turn();
