/** Carries messages between the processes of this program and the stream: in the primary, or in the only process. */
import type { CapabilityHost, Channel } from "@packetron/core";
import { figure } from "@packetron/core/capability";
import type { Commander } from "./commander.ts";
import type { Connection } from "./connection.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import type { BusMessage } from "./redis-bus.ts";
import { publishScript, type StreamMessage } from "./stream.ts";
import { StreamReader } from "./stream-reader.ts";

const PUBLISH = { name: "publish()", deadline: 1_000 };

/** What a {@link BusRelay} is made of. */
export interface BusRelayOptions {
  readonly host: CapabilityHost;
  readonly channel: Channel<BusMessage>;
  readonly program: string;
  readonly commander: Commander;
  /** The connection of the reader, and its commands. */
  readonly reading: { readonly connection: Connection; readonly commander: Commander };
}

/** Sends what the program publishes, and passes on what other programs publish. */
export class BusRelay {
  readonly #options: BusRelayOptions;
  readonly #outbox: Outbox;
  readonly #reader: StreamReader;
  readonly #stopReceiving: () => void;
  #isDropping = false;
  #reading: Promise<void> | undefined;

  constructor(options: BusRelayOptions) {
    const { host, channel, program, commander, reading } = options;
    this.#options = options;
    const dropped = figure(
      host,
      "packetron_redis_messages_dropped_total",
      "Messages to other machines that were dropped while Redis was down.",
    );
    const missed = figure(
      host,
      "packetron_redis_messages_missed_total",
      "Messages of other machines that Redis or their senders had dropped before they were read.",
    );
    this.#outbox = new Outbox({
      send: (batch) => this.#send(batch),
      state: () => commander.state,
      onDrop: (count) => {
        dropped.value += count;
        this.#reportDrop();
      },
    });
    this.#reader = new StreamReader({
      commander: reading.commander,
      program,
      hear: (message) => this.#hear(message),
      onMiss: (count) => {
        missed.value += count;
      },
    });
    this.#stopReceiving = channel.receive("primary", ({ topic, bytes }, worker) =>
      this.#outbox.add(topic, bytes, worker),
    );
  }

  /** Begins to read. Messages that other programs publish afterwards are heard. Rejects when Redis does not answer. */
  begin(): Promise<void> {
    return this.#reader.begin();
  }

  /** Reads on, also through failures. */
  run(): void {
    this.#reading ??= this.#reader.run();
  }

  /** Sends what waits, for a short time, and ends the reader. */
  async close(): Promise<void> {
    this.#stopReceiving();
    this.#reader.stop();
    await this.#options.reading.connection.close(0);
    await Promise.all([this.#outbox.close(), this.#reading]);
  }

  async #send(batch: readonly Outgoing[]): Promise<void> {
    const { commander, program } = this.#options;
    const args = batch.flatMap(({ number, worker, topic, bytes }) => [
      ...[String(number), String(worker), topic],
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    ]);
    await commander.run(PUBLISH, publishScript, [commander.key("bus")], [program, ...args]);
    this.#isDropping = false;
  }

  #hear({ topic, bytes, program, worker }: StreamMessage): void {
    try {
      this.#options.channel.sendToWorkers({ topic, bytes, program, worker });
    } catch (err) {
      this.#options.host.log.error({ err, topic }, "a message of another machine could not be passed on");
    }
  }

  #reportDrop(): void {
    if (this.#isDropping) return;
    this.#isDropping = true;
    const message = "Redis does not take messages: the oldest that wait for other machines are dropped";
    this.#options.host.log.warn({}, message);
  }
}
