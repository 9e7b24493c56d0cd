/** The bus of one program: its messages travel over a channel, from each process to all workers. */
import type { Channel } from "../capability/contract.ts";
import type { Bus, Origin } from "../capability/shared-services.ts";

/** A message of the bus on its channel. */
export interface BusMessage {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** Sends messages to every worker of the program, or to the only process. */
export class ChannelBus implements Bus {
  readonly #channel: Channel<BusMessage>;
  readonly #workerId: number;

  constructor(channel: Channel<BusMessage>, workerId: number) {
    this.#channel = channel;
    this.#workerId = workerId;
  }

  publish(topic: string, bytes: Uint8Array): void {
    this.#channel.sendToWorkers({ topic, bytes });
  }

  listen(hear: (topic: string, bytes: Uint8Array, origin: Origin) => void): () => void {
    return this.#channel.receive("worker", ({ topic, bytes }, worker) =>
      hear(topic, bytes, { program: "", worker, isSelf: worker === this.#workerId }),
    );
  }
}
