/** The bus of several machines: at home over the channels of the program, at once; elsewhere through the stream. */
import type { Channel } from "@packetron/core";
import type { Bus, Origin } from "@packetron/core/capability";

/** A message between this process and the one that talks with the stream. */
export interface BusMessage {
  readonly topic: string;
  readonly bytes: Uint8Array;
  /** The program that has sent it; an empty text for this one. */
  readonly program: string;
  readonly worker: number;
}

/** Sends messages to this program, and to the others. */
export class RedisBus implements Bus {
  readonly #home: Bus;
  readonly #channel: Channel<BusMessage>;

  constructor(home: Bus, channel: Channel<BusMessage>) {
    this.#home = home;
    this.#channel = channel;
  }

  publish(topic: string, bytes: Uint8Array): void {
    this.#home.publish(topic, bytes);
    this.#channel.sendToPrimary({ topic, bytes, program: "", worker: 0 });
  }

  listen(hear: (topic: string, bytes: Uint8Array, origin: Origin) => void): () => void {
    const stops = [
      this.#home.listen(hear),
      this.#channel.receive("worker", ({ topic, bytes, program, worker }) =>
        hear(topic, bytes, { program, worker, isSelf: false }),
      ),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
