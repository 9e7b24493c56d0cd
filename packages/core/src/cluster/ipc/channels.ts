/** Named channels and broadcasts of one server: values between its processes, the same in all three roles. */
import { deserialize, serialize } from "node:v8";
import type { Channel } from "../../capability/contract.ts";
import { coreError } from "../../errors/errors.ts";
import { errorReason } from "../../errors/narrow.ts";
import type { Logger } from "../../log/logger.ts";
import type { ChannelMessage } from "./messages.ts";

/** The largest value, serialised, in bytes: connections use the same IPC channel, so one value must not block it for long. */
export const MAX_MESSAGE_BYTES: number = 1024 * 1024;

/** Sends a message to another process, or throws. */
type Send = (message: ChannelMessage) => void;

/** Where the channels of one server are, and how their messages leave this process. */
export interface ChannelsOptions {
  readonly key: string;
  /** The sender that listeners see. */
  readonly workerId: number;
  readonly log: Logger;
  /** Sends to the primary; absent in the process that the primary's listeners are in. */
  readonly toPrimary?: Send;
  /** Sends to every worker; absent in a single process, where the workers' listeners are in this process. */
  readonly toWorkers?: Send;
}

type End = "primary" | "worker";
type Receiver = (message: ChannelMessage) => void;

/** The channels of one server in this process. */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #receivers = new Map<string, Set<Receiver>>();

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /** Opens an end of a channel. Ends opened under one name belong to one channel. */
  open<Value>(name: string): Channel<Value> {
    return new NamedChannel(name, this);
  }

  /** Sends a value to one end of a channel. */
  send(channel: string, to: End, value: unknown): void {
    const { key, workerId: from, toPrimary, toWorkers } = this.#options;
    const message: ChannelMessage = {
      type: "channel",
      key,
      channel,
      to,
      from,
      payload: pack(channel, value),
    };
    const send = to === "primary" ? toPrimary : toWorkers;
    if (send !== undefined) send(message);
    // Asynchronous, as between processes.
    else setImmediate(() => this.deliver(message));
  }

  /** Calls the listeners of a message that has arrived in this process. */
  deliver(message: ChannelMessage): void {
    for (const receiver of [...(this.#receivers.get(addressOf(message.to, message.channel)) ?? [])]) {
      try {
        receiver(message);
      } catch (error) {
        // A listener that throws must not end the process, least of all the primary.
        this.#options.log.error({ err: error, channel: message.channel }, "a channel listener threw");
      }
    }
  }

  /** Adds a receiver to one end of a channel; gives the function that removes it. */
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

  sendToWorkers(value: Value): void {
    this.#channels.send(this.#name, "worker", value);
  }

  receive(end: End, listener: (value: Value, from: number) => void): () => void {
    // Each listener gets its own copy, as if it were the only one.
    return this.#channels.receive(this.#name, end, ({ payload, from }) => listener(unpack(payload), from));
  }
}

/** A value that a program sends to all its workers, with its topic. */
interface Broadcast {
  readonly topic: string;
  readonly value: unknown;
}

/** The broadcasts of one server: topics on one channel to the workers. */
export class Broadcasts {
  readonly #channel: Channel<Broadcast>;

  constructor(channel: Channel<Broadcast>) {
    this.#channel = channel;
  }

  send(topic: string, value: unknown): void {
    this.#channel.sendToWorkers({ topic, value });
  }

  /** Adds a listener of a topic; gives the function that removes it. `from` is the sender's worker id. */
  subscribe(topic: string, listener: (value: unknown, from: number) => void): () => void {
    return this.#channel.receive("worker", (message, from) => {
      if (message.topic === topic) listener(message.value, from);
    });
  }
}

/**
 * Serialises a value by structured clone: dates, maps and typed arrays survive, independent of
 * `cluster.settings.serialization`.
 *
 * @throws PKT_CLUSTER_MESSAGE when it cannot be cloned or is too large.
 */
function pack(channel: string, value: unknown): string {
  const bytes = serializeOrThrow(channel, value);
  if (bytes.length > MAX_MESSAGE_BYTES) {
    const reason = `it has ${bytes.length} bytes, ${MAX_MESSAGE_BYTES} are allowed`;
    throw coreError("PKT_CLUSTER_MESSAGE", { channel, reason });
  }
  return bytes.toString("base64");
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
