/** Values that a program sends to all its workers, by topic. */
import type { Channel } from "../../capability/contract.ts";

/** What goes over the channel. */
export interface Broadcast {
  readonly topic: string;
  readonly value: unknown;
}

/** The topics of one server. */
export class Broadcasts {
  readonly #channel: Channel<Broadcast>;

  constructor(channel: Channel<Broadcast>) {
    this.#channel = channel;
  }

  send(topic: string, value: unknown): void {
    this.#channel.sendToWorkers({ topic, value });
  }

  subscribe(topic: string, listener: (value: unknown, from: number) => void): () => void {
    return this.#channel.receive("worker", (message, from) => {
      if (message.topic === topic) listener(message.value, from);
    });
  }
}
