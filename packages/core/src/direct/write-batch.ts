/**
 * Lets the answers of one turn of the event loop leave together under load. To write each answer at once is to go back and
 * forth between handlers and the network, and each drives the other's code out of the processor's caches. It also wakes a
 * sleeping client for each answer instead of for many.
 */
import { AsyncResource } from "node:async_hooks";
import { throwLater } from "../node/throw-later.ts";

/** A connection that has answers to write. */
export interface PendingWriter {
  /** Writes them. */
  flush(): void;
}

/** How many answers a turn must have for batching to pay: with 4 it costs what it saves. */
const WORTHWHILE = 8;

/** How many answers wait for each other. More of them save nothing, and the first one waits longer. */
const BATCH = 32;

/** Milliseconds for each answer above which batching saves little, while ready answers wait for slow handlers. */
const SLOW = 0.1;

/** How many answers leave at once before a turn is measured again: measuring costs two immediates. */
const SAMPLE = 256;

// Taken before a test can replace them with timers that it fires itself.
const { performance, setImmediate } = globalThis;
const { nextTick } = process;

/** Batches are written in the root context: the context of the first answer must not leak to the others. */
const root = new AsyncResource("PacketronWriteBatch");

/** The answers of a process that wait to leave. */
export class WriteBatch {
  readonly #waiting: PendingWriter[] = [];
  #isBatching = false;
  /** Whether this turn is measured: it ends with the next immediate. */
  #isMeasured = false;
  #start = 0;
  #answers = 0;
  #flushesAtExit = false;

  /** Lets a writer wait for others, if that pays. Its `flush()` is called in this turn of the event loop then. */
  join(writer: PendingWriter): boolean {
    this.#answers++;
    if (!this.#isBatching) {
      if (this.#answers >= SAMPLE && !this.#isMeasured) {
        this.#isMeasured = true;
        root.runInAsyncScope(setImmediate, undefined, this.#measure);
      }
      return false;
    }
    if (!this.#isMeasured) this.#measure();
    // Not at once: this is the handler of one of them.
    if (this.#waiting.push(writer) === BATCH) root.runInAsyncScope(nextTick, undefined, this.#flush);
    return true;
  }

  /** Whether the answers of the next turn are to wait for each other, judged by this one. */
  pays(answers: number, milliseconds: number): boolean {
    return answers >= WORTHWHILE && milliseconds <= answers * SLOW;
  }

  readonly #measure = (): void => {
    this.#isMeasured = true;
    this.#answers = this.#isBatching ? 1 : 0;
    this.#start = performance.now();
    root.runInAsyncScope(setImmediate, undefined, this.#endTurn);
  };

  readonly #endTurn = (): void => {
    this.#isMeasured = false;
    this.#isBatching = this.pays(this.#answers, performance.now() - this.#start);
    this.#answers = 0;
    if (this.#isBatching && !this.#flushesAtExit) {
      this.#flushesAtExit = true;
      process.on("exit", this.#flush); // process.exit() in a handler must not lose answers
    }
    this.#flush();
  };

  readonly #flush = (): void => {
    // One by one: a listener may end the process, and then this is called for the others.
    for (let writer = this.#waiting.shift(); writer !== undefined; writer = this.#waiting.shift()) {
      try {
        writer.flush();
      } catch (error) {
        throwLater(error); // a listener of one answer; the others must leave all the same
      }
    }
  };
}

/** The batch of this process: it has one event loop. */
export const writeBatch: WriteBatch = new WriteBatch();
