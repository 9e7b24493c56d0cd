/** Channels: values between the primary and the workers, the same in all three roles. */
import { deserialize, serialize } from "node:v8";
import type { Channel } from "../../capability/contract.ts";
import { coreError } from "../../errors/errors.ts";
import type { Logger } from "../../log/logger.ts";
import type { ParcelMessage } from "./messages.ts";

/** The largest value, serialised, in bytes. One line carries everything, also connections, so nothing big may block it. */
export const LARGEST_MESSAGE: number = 1024 * 1024;

/** How parcels of one server leave this process. */
export interface ChannelTransport {
  readonly key: string;
  /** The sender that receivers are told. */
  readonly workerId: number;
  readonly log: Logger;
  toPrimary(parcel: ParcelMessage): void;
  toWorkers(parcel: ParcelMessage): void;
}

type End = "primary" | "worker";
type Receiver = (parcel: ParcelMessage) => void;

/** The channels of one server in this process. */
export class Channels {
  readonly #transport: ChannelTransport;
  readonly #receivers = new Map<string, Set<Receiver>>();

  constructor(transport: ChannelTransport) {
    this.#transport = transport;
  }

  /** Opens an end of a channel; every opening of one name is the same channel. */
  open<Message>(channel: string): Channel<Message> {
    return {
      sendToPrimary: (message) => this.#transport.toPrimary(this.#pack(channel, "primary", message)),
      sendToWorkers: (message) => this.#transport.toWorkers(this.#pack(channel, "worker", message)),
      receive: (end, listener) => this.#receive(end, channel, listener),
    };
  }

  /** A parcel arrived for this process. */
  deliver(parcel: ParcelMessage): void {
    for (const receiver of [...(this.#receivers.get(addressOf(parcel.to, parcel.channel)) ?? [])]) {
      try {
        receiver(parcel);
      } catch (error) {
        // A listener that throws must not take the process down, least of all the primary.
        this.#transport.log.error({ err: error, channel: parcel.channel }, "a channel listener threw");
      }
    }
  }

  #receive<Message>(
    end: End,
    channel: string,
    listener: (message: Message, from: number) => void,
  ): () => void {
    const address = addressOf(end, channel);
    const receivers = this.#receivers.get(address) ?? new Set();
    this.#receivers.set(address, receivers);
    // Each listener gets its own copy, as if it were the only one.
    const receiver: Receiver = (parcel) => listener(unpack(parcel.payload), parcel.from);
    receivers.add(receiver);
    return () => {
      receivers.delete(receiver);
    };
  }

  #pack(channel: string, to: End, value: unknown): ParcelMessage {
    const bytes = serializeOrThrow(channel, value);
    if (bytes.length > LARGEST_MESSAGE) {
      const reason = `it has ${bytes.length} bytes, ${LARGEST_MESSAGE} are allowed`;
      throw coreError("PKT_CLUSTER_MESSAGE", { channel, reason });
    }
    const { key, workerId } = this.#transport;
    return { type: "parcel", key, channel, to, from: workerId, payload: bytes.toString("base64") };
  }
}

/** Structured clone, so that dates, maps and typed arrays survive whatever `cluster.settings.serialization` says. */
function serializeOrThrow(channel: string, value: unknown): Buffer {
  try {
    return serialize(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw coreError("PKT_CLUSTER_MESSAGE", { channel, reason }, error);
  }
}

function unpack<Message>(payload: string): Message {
  return deserialize(Buffer.from(payload, "base64"));
}

function addressOf(end: End, channel: string): string {
  return `${end}/${channel}`;
}
