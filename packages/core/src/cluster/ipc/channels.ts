/** Named channels: values that the processes of one server send to each other. */
import { deserialize, serialize } from "node:v8";
import type { Channel } from "../../capability/contract.ts";
import { coreError } from "../../errors/errors.ts";
import { errorReason } from "../../errors/narrow.ts";
import { createLogLimiter, type Logger } from "../../log/logger.ts";
import type { ChannelMessage } from "./messages.ts";

/**
 * The largest serialised value that a channel sends, in bytes. Connections travel over the same IPC channel, so one
 * value must not block it.
 */
export const MAX_MESSAGE_BYTES: number = 1024 * 1024;

/** Sends a message to another process. In a worker it throws when the primary has stopped reading. */
type Send = (message: ChannelMessage) => void;

/** Which server the channels belong to, and how messages leave this process. */
export interface ChannelsOptions {
  readonly key: string;
  /**
   * The number of this process, which listeners get as the sender of a value: 0 for the primary or a single process.
   */
  readonly workerId: number;
  readonly log: Logger;
  /**
   * Sends a message to the primary. Absent in the primary and in a single process, which call the primary's listeners
   * themselves.
   */
  readonly toPrimary?: Send;
  /** Sends a message to every worker. Absent in a single process, which calls the workers' listeners itself. */
  readonly toWorkers?: Send;
}

type End = "primary" | "worker";
type Receiver = (message: ChannelMessage) => void;

/** Sends and delivers the messages of one server's channels in this process. */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #receivers = new Map<string, Set<Receiver>>();
  /** Limits log lines about messages, because each request can cause a message. */
  readonly #limited = createLogLimiter();

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /**
   * Opens a channel. All processes of the server that open a channel of the same name are connected, and so are two
   * calls in one process.
   */
  open<Value>(name: string): Channel<Value> {
    return new NamedChannel(name, this);
  }

  /**
   * Sends a value to the primary or to every worker.
   *
   * @param only The number of the worker that gets the value; `undefined` for every worker.
   * @throws PKT_CLUSTER_MESSAGE when the value cannot be cloned, is too large, or too many bytes are queued.
   */
  send(channel: string, to: End, value: unknown, only?: number): void {
    const { key, workerId: from, toPrimary, toWorkers } = this.#options;
    const message: ChannelMessage = {
      type: "channel",
      key,
      channel,
      to,
      from,
      only,
      payload: pack(channel, value),
    };
    const send = to === "primary" ? toPrimary : toWorkers;
    if (send !== undefined) send(message);
    // Listeners in this process are called later, just as listeners in another process are.
    else setImmediate(() => this.deliver(message));
  }

  /** Calls the listeners of this process for a message that has arrived. */
  deliver(message: ChannelMessage): void {
    for (const receiver of [...(this.#receivers.get(addressOf(message.to, message.channel)) ?? [])]) {
      try {
        receiver(message);
      } catch (error) {
        // A listener that throws must not end the process, least of all the primary.
        this.#limited("listener", (leftOut) =>
          this.#options.log.error(
            { err: error, channel: message.channel, leftOut },
            "a channel listener threw",
          ),
        );
      }
    }
  }

  /**
   * Adds a function that receives the channel's messages to the primary or to workers. Returns a function that removes
   * the receiver.
   */
  receive(channel: string, end: End, receiver: Receiver): () => void {
    const address = addressOf(end, channel);
    const receivers = this.#receivers.get(address) ?? new Set();
    this.#receivers.set(address, receivers.add(receiver));
    return () => {
      receivers.delete(receiver);
    };
  }
}

class NamedChannel<Value> implements Channel<Value> {
  readonly #name: string;
  readonly #channels: Channels;

  constructor(name: string, channels: Channels) {
    this.#name = name;
    this.#channels = channels;
  }

  sendToPrimary(value: Value): void {
    this.#channels.send(this.#name, "primary", value);
  }

  sendToWorkers(value: Value, workerId?: number): void {
    this.#channels.send(this.#name, "worker", value, workerId);
  }

  receive(end: End, listener: (value: Value, from: number) => void): () => void {
    // Each listener gets its own copy of the value, so that one listener cannot change the value of another listener.
    return this.#channels.receive(this.#name, end, ({ payload, from }) => listener(unpack(payload), from));
  }
}

function pack(channel: string, value: unknown): string {
  return serializeMessage(channel, value).toString("base64");
}

/**
 * Serialises a value by structured clone, so that dates, maps and typed arrays arrive unchanged, even if
 * `cluster.settings.serialization` is "json".
 *
 * @throws PKT_CLUSTER_MESSAGE when the value cannot be cloned or is too large.
 */
export function serializeMessage(channel: string, value: unknown): Buffer {
  const bytes = serializeOrThrow(channel, value);
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes;
  const reason = `the value has ${bytes.length} bytes, at most ${MAX_MESSAGE_BYTES} can be sent`;
  throw coreError("PKT_CLUSTER_MESSAGE", { channel, reason });
}

function serializeOrThrow(channel: string, value: unknown): Buffer {
  try {
    return serialize(value);
  } catch (error) {
    const reason = errorReason(error);
    throw coreError("PKT_CLUSTER_MESSAGE", { channel, reason }, error);
  }
}

function unpack<Value>(payload: string): Value {
  return deserialize(Buffer.from(payload, "base64"));
}

function addressOf(end: End, channel: string): string {
  return `${end}/${channel}`;
}
