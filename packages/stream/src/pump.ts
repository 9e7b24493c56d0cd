/** Moves the parts of a source to a sink, one after another, no faster than the sink takes them. */
import { isThenable, type Source, type Step } from "./source.ts";

/** Takes the parts of a source. */
export interface Sink {
  /**
   * Takes a part. Returns whether the next one may follow at once; otherwise {@link whenReady} says when.
   *
   * @throws for a part that cannot be sent.
   */
  write(part: unknown): boolean;
  /** Calls a function once, when the next part may follow. Does not call it when the client has left. */
  whenReady(next: () => void): void;
  /** Called after the last part. @throws when parts are missing */
  end(): void;
  /** Called when the source or the sink has failed. */
  fail(error: unknown): void;
  /** Called with an error of a source that was stopped, which has nothing to do with the answer. */
  failLate(error: unknown): void;
}

/** Moves the parts. A class without promises of its own: a stream may be open for days, and there are many. */
export class Pump {
  readonly #source: Source;
  readonly #sink: Sink;
  #isOver = false;

  constructor(source: Source, sink: Sink) {
    this.#source = source;
    this.#sink = sink;
  }

  /** Reads until the source ends, a part is not there yet, or the sink has enough. */
  readonly start = (): void => {
    while (!this.#isOver) {
      let step: Step | PromiseLike<Step>;
      try {
        step = this.#source.next();
      } catch (error) {
        return this.#fail(error);
      }
      if (isThenable<Step>(step)) return void step.then(this.#receive, this.#fail);
      if (!this.#take(step)) return;
    }
  };

  /** Ends the source, unless it has ended. What it still gives is dropped. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      const ended = this.#source.cancel();
      if (isThenable(ended)) ended.then(undefined, (error: unknown) => this.#sink.failLate(error));
    } catch (error) {
      this.#sink.failLate(error);
    }
  }

  readonly #receive = (step: Step): void => {
    if (this.#take(step)) this.start();
  };

  /** Gives a part to the sink. Returns whether the next part may follow at once. */
  #take({ done, value }: Step): boolean {
    if (this.#isOver) return false;
    try {
      if (done === true) {
        this.#isOver = true;
        this.#sink.end();
        return false;
      }
      if (this.#sink.write(value)) return !this.#isOver;
    } catch (error) {
      this.stop();
      this.#sink.fail(error);
      return false;
    }
    if (!this.#isOver) this.#sink.whenReady(this.start);
    return false;
  }

  /** An iterator that has thrown has ended, so that it is not cancelled. */
  readonly #fail = (error: unknown): void => {
    if (this.#isOver) return this.#sink.failLate(error);
    this.#isOver = true;
    this.#sink.fail(error);
  };
}
