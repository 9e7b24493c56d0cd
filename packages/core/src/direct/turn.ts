/**
 * Does the work of a turn of the event loop in three steps under load: first the requests of many connections are read, then
 * they are handled, then their answers leave. To go back and forth between parser, handlers and network for each of them costs
 * more, because each drives the other's code out of the caches; and a client that has fallen asleep is woken for each answer
 * instead of for many.
 */

import { AsyncResource } from "node:async_hooks";

/** Whoever has a request to handle. */
export interface Arriving {
  /** Handles it. */
  begin(): void;
  /** Tells it, behind what handlers do in the ticks that they ask for, that all of it has come. */
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

/** How many requests, and how many answers, wait for each other; what more of them save is below the noise. */
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
const nobody = new AsyncResource("PacketronTurn");

/** What waits in a process for its turn to go on. */
export class Turn {
  #mode: number = Mode.AT_ONCE;
  #arrived: Arriving[] = [];
  #begun: Arriving[] = [];
  #departing: Departing[] = [];
  /** Connections with an answer, since the last look or in this turn. */
  #answers = 0;
  /** When the turn began that is looked at, in milliseconds. */
  #start = 0;
  /** Whether the end of this turn is waited for. */
  #isBegun = false;
  /** How many answers leave at once before the next look. */
  #untilLook = BETWEEN_LOOKS;
  #isExitWatched = false;

  /** Whether a request is to wait until others are read. Then it is begun in this turn of the event loop. */
  holds(arriving: Arriving): boolean {
    if (this.#mode !== Mode.TOGETHER) return false;
    if (!this.#isBegun) this.#begin();
    // Not here, in the call of the parser.
    if (this.#arrived.push(arriving) === MOST) nobody.runInAsyncScope(nextTick, undefined, this.#handleAll);
    return true;
  }

  /**
   * Whether an answer is to wait for others. Then its outlet, which had nothing to write before, is flushed in this turn of
   * the event loop.
   */
  joins(departing: Departing): boolean {
    this.#answers++;
    if (this.#mode === Mode.TOGETHER) {
      if (!this.#isBegun) this.#begin();
      // Not here, in the handler of one of them.
      if (this.#departing.push(departing) === MOST) nobody.runInAsyncScope(nextTick, undefined, this.#flush);
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
    this.#start = performance.now();
    // One for each step: ticks and promises of the one are done before the next.
    nobody.runInAsyncScope(setImmediate, undefined, this.#handle);
    nobody.runInAsyncScope(setImmediate, undefined, this.#end);
    nobody.runInAsyncScope(setImmediate, undefined, this.#depart);
  }

  readonly #handle = (): void => {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#begun.push(...arrived);
    doForEach(arrived, begin);
  };

  readonly #end = (): void => {
    const begun = this.#begun;
    this.#begun = [];
    doForEach(begun, end);
  };

  /** As many have come as wait for each other, in the midst of the reading. */
  readonly #handleAll = (): void => {
    this.#handle();
    nextTick(this.#end);
  };

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
    const departing = this.#departing;
    this.#departing = [];
    doForEach(departing, flush);
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

/** Where one throws, say a listener of the user's, the others do not wait for ever, and the error is nobody's to handle. */
function doForEach<Member>(members: readonly Member[], act: (member: Member) => void): void {
  for (const member of members) {
    try {
      act(member);
    } catch (error) {
      nobody.runInAsyncScope(nextTick, undefined, rethrow, error);
    }
  }
}

function rethrow(error: unknown): void {
  throw error;
}

/** That of this process: it has one event loop. */
export const turn: Turn = new Turn();
