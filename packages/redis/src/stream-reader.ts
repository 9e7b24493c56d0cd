/**
 * Reads the messages of other programs: one reader for a machine, with a connection of its own, since its commands wait in
 * Redis for messages. The cursor stays here when a connection ends, so no message is lost or read twice.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Commander } from "./commander.ts";
import { Heard } from "./heard.ts";
import { idOf, isBefore, messagesOf, type StreamMessage } from "./stream.ts";

/** How long a command waits for messages in Redis, and how long its answer may take, in milliseconds. */
const BLOCK = 2_000;
const READ = { name: "XREAD", deadline: BLOCK + 1_500 };
const FIND = { name: "XREVRANGE", deadline: 1_000 };

/** The most messages that are read at once. */
const COUNT = 100;

/** The pause after a failure, in milliseconds; while Redis is down a call costs nothing. */
const RETRY_PAUSE = 100;

const BEGIN = "0-0";

/** What a {@link StreamReader} is made of. */
export interface StreamReaderOptions {
  readonly commander: Commander;
  /** The name of this program, whose own messages are left out. */
  readonly program: string;
  readonly hear: (message: StreamMessage) => void;
  /** Called with the number of messages that Redis had dropped before they were read. */
  readonly onMiss: (count: number) => void;
}

/** Reads a stream from its end on. */
export class StreamReader {
  readonly #options: StreamReaderOptions;
  readonly #heard = new Heard();
  readonly #key: string;
  /** The id of the last entry before this program. */
  #begin: string | undefined;
  #cursor = BEGIN;
  #isStopped = false;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    this.#key = options.commander.key("bus");
  }

  /** Finds the end of the stream: messages from now on are heard. Rejects when Redis does not answer. */
  async begin(): Promise<void> {
    this.#begin = await this.#lastId();
    this.#cursor = this.#begin;
  }

  /** Reads until {@link stop}. Never rejects. */
  async run(): Promise<void> {
    let isCurrent = this.#begin !== undefined;
    while (!this.#isStopped) {
      try {
        if (!isCurrent) await this.#resume();
        isCurrent = true;
        await this.#read();
      } catch {
        isCurrent = false;
        if (!this.#isStopped) await pause(RETRY_PAUSE);
      }
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Corrects the cursor when Redis has lost the stream, or its end: a later message would have a smaller id. */
  async #resume(): Promise<void> {
    if (this.#begin === undefined) return this.begin();
    if (isBefore(await this.#lastId(), this.#cursor)) this.#cursor = BEGIN;
  }

  async #read(): Promise<void> {
    const { commander } = this.#options;
    const block = ["COUNT", String(COUNT), "BLOCK", String(BLOCK)];
    const args = ["XREAD", ...block, "STREAMS", this.#key, this.#cursor];
    for (const { id, message } of messagesOf(await commander.send(READ, this.#key, args))) {
      this.#cursor = id;
      if (message !== null && !this.#isStopped) this.#pass(id, message);
    }
  }

  #pass(id: string, message: StreamMessage): void {
    const { program, hear, onMiss } = this.#options;
    if (message.program === program || !isBefore(this.#begin ?? BEGIN, id)) return;
    const missed = this.#heard.note(message.program, message.number);
    if (missed === null) return;
    if (missed > 0) onMiss(missed);
    hear(message);
  }

  async #lastId(): Promise<string> {
    const args = ["XREVRANGE", this.#key, "+", "-", "COUNT", "1"];
    const reply = await this.#options.commander.send(FIND, this.#key, args);
    return (Array.isArray(reply) ? idOf(reply[0]) : null) ?? BEGIN;
  }
}
