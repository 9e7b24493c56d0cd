/**
 * The messages of a program that are on their way to the other machines. One batch is sent at a time, so that they keep
 * their order. While the store is down, 1 MiB or 5 s of them are kept; the oldest are dropped, and counted.
 */

/** A message that waits. */
export interface Outgoing {
  readonly number: number;
  readonly topic: string;
  readonly bytes: Uint8Array;
  readonly worker: number;
  readonly addedAt: number;
}

/** What an {@link Outbox} is made of. */
export interface OutboxOptions {
  /** Sends messages. A batch whose reply was lost is sent again; its numbers let the readers leave it out. */
  readonly send: (batch: readonly Outgoing[]) => Promise<unknown>;
  readonly state: () => "up" | "down";
  /** Called with the number of messages that were dropped. */
  readonly onDrop: (count: number) => void;
}

/** The most bytes that are kept while the store is down, and while it answers. */
const MAX_BYTES = { down: 1024 * 1024, up: 16 * 1024 * 1024 } as const;

/** For how long a message is kept, in milliseconds. */
const MAX_AGE = 5_000;

/** The most messages, and about the most bytes, of a batch: Redis does nothing else during a batch. */
const BATCH_MESSAGES = 100;
const BATCH_BYTES = 256 * 1024;

/** What a message costs beside its bytes and its topic. */
const MESSAGE_BYTES = 100;

/** The pause before a batch is sent again, in milliseconds. */
const RETRY_PAUSE = 100;

/** Sends the messages of a program in their order. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queue: Outgoing[] = [];
  #bytes = 0;
  #lastNumber = 0;
  #sending: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  add(topic: string, bytes: Uint8Array, worker: number): void {
    const addedAt = performance.now();
    this.#queue.push({ number: ++this.#lastNumber, topic, bytes, worker, addedAt });
    this.#bytes += sizeOf(topic, bytes);
    this.#dropOld();
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Waits until the messages are sent, unless the store is down. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#options.send(batch);
        this.#remove(batch);
      } catch {
        if (this.#isClosed) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE));
        this.#dropOld();
      }
    }
  }

  #nextBatch(): readonly Outgoing[] {
    let bytes = 0;
    const batch: Outgoing[] = [];
    for (const message of this.#queue) {
      bytes += sizeOf(message.topic, message.bytes);
      if (batch.length === BATCH_MESSAGES || (batch.length > 0 && bytes > BATCH_BYTES)) break;
      batch.push(message);
    }
    return batch;
  }

  /** Removes what was sent. Some of it may have been dropped while it was sent. */
  #remove(batch: readonly Outgoing[]): void {
    const last = batch.at(-1)?.number ?? 0;
    this.#removeWhile(({ number }) => number <= last);
  }

  #dropOld(): void {
    const limit = MAX_BYTES[this.#options.state()];
    const expired = performance.now() - MAX_AGE;
    const dropped = this.#removeWhile(({ addedAt }) => this.#bytes > limit || addedAt < expired);
    if (dropped > 0) this.#options.onDrop(dropped);
  }

  /** Removes the oldest messages, all at once: each `shift()` of a long queue would move the others. */
  #removeWhile(isRemoved: (message: Outgoing) => boolean): number {
    let count = 0;
    for (const message of this.#queue) {
      if (!isRemoved(message)) break;
      this.#bytes -= sizeOf(message.topic, message.bytes);
      count++;
    }
    if (count > 0) this.#queue.splice(0, count);
    return count;
  }
}

function sizeOf(topic: string, bytes: Uint8Array): number {
  return topic.length + bytes.byteLength + MESSAGE_BYTES;
}
