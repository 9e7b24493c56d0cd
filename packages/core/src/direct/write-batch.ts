/**
 * Under load, writes the answers of one turn of the event loop together. With a write after each handler, handlers and
 * network code run in turn, and each pushes the other's data out of the processor's caches. Besides, a sleeping client
 * is woken for each answer instead of once for many.
 */
import { AsyncResource } from "node:async_hooks";
import { throwLater } from "../node/throw-later.ts";

/** The writing end of a connection, with answers that wait to be written. */
export interface PendingWriter {
  /** Writes the answers that wait. */
  flush(): void;
}

/**
 * The fewest answers in a turn of the event loop for which batching pays. With 4 answers, batching costs as much as it
 * saves.
 */
const MIN_ANSWERS = 8;

/** The most writers in a batch. A larger batch saves no more, and its first answer waits longer. */
const MAX_BATCH = 32;

/** The most milliseconds for each answer of a turn. With slower handlers batching saves little, and answers wait. */
const MAX_TIME = 0.1;

/** How many answers are written at once before a turn is measured again. Measuring a turn costs two immediates. */
const MEASURE_EVERY = 256;

// Read at load time, because a test may later replace Node's timers with fake timers.
const { performance, setImmediate } = globalThis;
const { nextTick } = process;

/** Batches run in the root async context, so that no answer is written in the AsyncLocalStorage of another request. */
const root = new AsyncResource("PacketronWriteBatch");

/** Collects the writers of a turn of the event loop, while batching pays, and flushes them together. */
export class WriteBatch {
  readonly #waiting: PendingWriter[] = [];
  #isBatching = false;
  /** Whether this turn of the event loop is measured. The measurement ends with the next immediate. */
  #isMeasured = false;
  #start = 0;
  #answers = 0;
  #flushesAtExit = false;

  /**
   * Adds a writer to the batch, if batching pays now. Returns whether the writer was added. If so, the batch calls its
   * `flush()` in this turn of the event loop.
   */
  join(writer: PendingWriter): boolean {
    this.#answers++;
    if (!this.#isBatching) {
      if (this.#answers >= MEASURE_EVERY && !this.#isMeasured) {
        this.#isMeasured = true;
        root.runInAsyncScope(setImmediate, undefined, this.#measure);
      }
      return false;
    }
    if (!this.#isMeasured) this.#measure();
    // Deferred, because join() runs inside the handler of one of the answers.
    if (this.#waiting.push(writer) === MAX_BATCH) root.runInAsyncScope(nextTick, undefined, this.#flush);
    return true;
  }

  /** Whether batching pays in the next turn, judged by the answers and the duration of this one. */
  pays(answers: number, milliseconds: number): boolean {
    return answers >= MIN_ANSWERS && milliseconds <= answers * MAX_TIME;
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
    // Writers are removed one at a time: if a listener calls process.exit(), the "exit" listener flushes the rest.
    for (let writer = this.#waiting.shift(); writer !== undefined; writer = this.#waiting.shift()) {
      try {
        writer.flush();
      } catch (error) {
        throwLater(error); // a listener of this answer has thrown; the other answers must still be written
      }
    }
  };
}

/** The batch of this process: one, because a process has one event loop. */
export const writeBatch: WriteBatch = new WriteBatch();
