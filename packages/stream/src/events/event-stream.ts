/** One open stream of events. */
import type { PacketronResponse } from "@packetron/core";
import { fail, isAnswered, optionError } from "@packetron/core/capability";
import { streamError } from "../errors.ts";
import { failLate } from "../failure.ts";
import { writeEventHead } from "../head.ts";
import type { EventSettings } from "../options.ts";
import { isGenerator, isThenable } from "../source.ts";
import type { Cleanup, EventSender, EventsFunction } from "./event-sender.ts";
import { eventText, type ServerSentEvent } from "./event-text.ts";
import type { OpenStream, OpenStreams } from "./open-streams.ts";

/** How many characters may wait for a client that does not read: at most half a MiB of memory. */
const MAX_WAITING = 256 * 1024;

/** A comment, which clients ignore. */
const COMMENT = ":\n\n";

const State: {
  /** The source has not returned yet. What it sends waits, because an error of it becomes a 500. */
  readonly PREPARING: 0;
  /** The head leaves with the next event, or in the next turn of the event loop. */
  readonly READY: 1;
  readonly OPEN: 2;
  readonly OVER: 3;
} = Object.freeze({ PREPARING: 0, READY: 1, OPEN: 2, OVER: 3 });

/** The parts of a stream. */
export interface EventStreamParts {
  readonly response: PacketronResponse;
  readonly settings: EventSettings;
  readonly streams: OpenStreams;
}

/** Sends the events of one source to one client. */
export class EventStream implements EventSender, OpenStream {
  sentAt = 0;
  readonly #response: PacketronResponse;
  readonly #settings: EventSettings;
  readonly #streams: OpenStreams;
  #state: number = State.PREPARING;
  /** The text that follows once the client has read what was written. */
  #waiting = "";
  #isFull = false;
  #whenReady: (() => void) | null = null;
  #cleanup: Cleanup | null = null;
  #controller: AbortController | null = null;
  #resolve: () => void = () => {};

  constructor({ response, settings, streams }: EventStreamParts) {
    this.#response = response;
    this.#settings = settings;
    this.#streams = streams;
  }

  get heartbeat(): number {
    return this.#settings.heartbeat;
  }

  /** Whether the head has left, and the stream is not over. */
  get isOpen(): boolean {
    return this.#state === State.OPEN;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#state === State.OVER) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** Calls the source. Resolves when the stream is over; never rejects. */
  run(source: EventsFunction): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      const response = this.#response;
      if (response.destroyed) return this.#end();
      response.once("close", this.#closed);
      // A response that waits for an earlier one in a pipeline has no socket, and in Node 20 does not close with it.
      if (response.socket === null) response.req.signal.addEventListener("abort", this.#closed);
      this.#streams.add(this);
      if (this.#streams.isDraining) return this.drain();
      try {
        this.#setCleanup(source(this));
      } catch (error) {
        return this.fail(error);
      }
      if (this.#state === State.PREPARING) this.#state = State.READY;
      if (this.#waiting === "") setImmediate(this.#open);
      else this.#open();
    });
  }

  readonly send = (event: ServerSentEvent): boolean => {
    if (this.#state === State.OVER) return false;
    try {
      this.#write(eventText(event));
    } catch (error) {
      this.fail(error);
    }
    return this.#state !== State.OVER && !this.#isFull;
  };

  readonly close = (): void => {
    if (this.#state === State.OVER) return;
    this.#open();
    this.#finish();
  };

  /** Calls a function once, when the client has read what was written. */
  whenReady(call: () => void): void {
    if (this.#isFull) this.#whenReady = call;
    else setImmediate(call);
  }

  beat(): void {
    if (this.#state === State.OPEN && !this.#isFull) this.#push(COMMENT);
  }

  drain(): void {
    // Without the option the clients come back at different times: the next server does not get all of them at once.
    const { retry = null } = this.#settings;
    const delay = retry ?? 1_000 + Math.floor(Math.random() * 1_000);
    this.#waiting += `retry: ${delay}\n\n`;
    this.close();
  }

  /** Answers 500, or cuts a stream that has begun, so that its end does not look intended. */
  fail(error: unknown): void {
    if (this.#state === State.OVER) return this.failLate(error);
    this.#end();
    fail(error, this.#response.req, this.#response);
  }

  failLate(error: unknown): void {
    failLate(error, this.#response);
  }

  #setCleanup(value: unknown): void {
    if (isThenable(value)) {
      value
        .then((cleanup) => this.#setCleanup(cleanup))
        .then(undefined, (error: unknown) => this.fail(error));
    } else if (isFunction(value)) {
      this.#cleanup = value;
      if (this.#state === State.OVER) this.#clean();
    } else if (isGenerator(value)) {
      const expected = "a function that sends, or the generator: call the generator function";
      throw optionError("sendEvents() source", value, expected);
    }
  }

  #write(text: string): void {
    if (this.#state === State.OPEN && !this.#isFull) return this.#push(text);
    // What the source sends before it returns waits for the head, not for the client.
    if (this.#state !== State.PREPARING && this.#waiting.length > MAX_WAITING) return this.#cut();
    this.#waiting += text;
    if (this.#state === State.READY) this.#open();
  }

  /** Sends the head, and what waits. */
  readonly #open = (): void => {
    if (this.#state >= State.OPEN) return;
    const response = this.#response;
    if (isAnswered(response, "sendEvents()") || response.destroyed) return this.#end();
    this.#state = State.OPEN;
    const { retry } = this.#settings;
    const text = (retry === null ? COMMENT : `retry: ${retry}\n\n`) + this.#waiting;
    this.#waiting = "";
    try {
      writeEventHead(response);
      this.#push(text);
    } catch (error) {
      this.fail(error); // a function of host.answering() can throw
    }
  };

  #push(text: string): void {
    const response = this.#response;
    if (response.writableEnded || response.destroyed) return this.#end();
    this.sentAt = performance.now();
    if (response.write(text)) return;
    this.#isFull = true;
    response.once("drain", this.#drained);
  }

  readonly #drained = (): void => {
    this.#isFull = false;
    if (this.#state === State.OVER) return;
    const text = this.#waiting;
    this.#waiting = "";
    if (text !== "") this.#push(text);
    if (this.#isFull || this.#whenReady === null) return;
    setImmediate(this.#whenReady);
    this.#whenReady = null;
  };

  /** Sends what waits, also to a client that does not read, and ends the answer. */
  #finish(): void {
    if (this.#state !== State.OPEN) return;
    this.#response.end(this.#waiting);
    this.#end();
  }

  #cut(): void {
    const error = streamError("PKT_STREAM_SLOW_READER", { waiting: this.#waiting.length });
    this.#streams.logSlowReader(error, this.#response.req);
    this.fail(error);
  }

  readonly #closed = (): void => {
    if (this.#state < State.OPEN) isAnswered(this.#response, "sendEvents()"); // logs it, if another call has answered
    this.#end();
  };

  #end(): void {
    if (this.#state === State.OVER) return;
    this.#state = State.OVER;
    this.#waiting = "";
    this.#whenReady = null;
    this.#streams.delete(this);
    this.#controller?.abort();
    this.#clean();
    this.#resolve();
  }

  #clean(): void {
    const cleanup = this.#cleanup;
    this.#cleanup = null;
    try {
      const cleaned = cleanup?.();
      if (isThenable(cleaned)) cleaned.then(undefined, (error: unknown) => this.failLate(error));
    } catch (error) {
      this.failLate(error);
    }
  }
}

function isFunction(value: unknown): value is Cleanup {
  return typeof value === "function";
}
