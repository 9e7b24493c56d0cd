/** The subscriptions of the sockets of this process, and the way of messages to those of other processes. */
import { type Bus, showValue } from "@packetron/core/capability";
import { webSocketError } from "./errors.ts";
import { encodeFrame, encodePayload, payloadOf, type WebSocketData } from "./frame.ts";

/** A socket that subscribes. */
export interface Subscriber {
  readonly isOpen: boolean;
  deliver(data: WebSocketData, frame: Buffer): boolean;
}

/** The name of the topics of this package on the bus, which other packages use, too. */
const PREFIX = "websocket:";

/** The first byte of a message on the bus: whether the rest is text or bytes. */
const [TEXT, BINARY] = [1, 2];
const [TEXT_KIND, BINARY_KIND] = [Buffer.of(TEXT), Buffer.of(BINARY)];

const MAX_TOPIC = 512;

/** Delivers messages by topic. */
export class Topics {
  readonly #bus: () => Bus | null;
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #topics = new Map<Subscriber, Set<string>>();
  #isListening = false;

  /** @param bus The bus to the other processes; `null` for a process that has none. */
  constructor(bus: () => Bus | null) {
    this.#bus = bus;
  }

  /** Begins to deliver what other processes publish. */
  listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#bus()?.listen((topic, bytes, origin) => {
      if (origin.isSelf || !topic.startsWith(PREFIX)) return; // delivered at home already
      const subscribers = this.#subscribers.get(topic.slice(PREFIX.length));
      if (subscribers === undefined) return;
      const payload = Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1);
      const isBinary = bytes[0] === BINARY;
      const frame = encodePayload(payload, isBinary);
      const data = isBinary ? payload : payload.toString();
      for (const subscriber of subscribers) if (subscriber.isOpen) subscriber.deliver(data, frame);
    });
  }

  subscribe(topic: string, subscriber: Subscriber): void {
    assertTopic(topic);
    const subscribers = this.#subscribers.get(topic);
    if (subscribers === undefined) this.#subscribers.set(topic, new Set([subscriber]));
    else subscribers.add(subscriber);
    const topics = this.#topics.get(subscriber);
    if (topics === undefined) this.#topics.set(subscriber, new Set([topic]));
    else topics.add(topic);
  }

  unsubscribe(topic: string, subscriber: Subscriber): void {
    this.#topics.get(subscriber)?.delete(topic);
    this.#remove(topic, subscriber);
  }

  /** Ends all subscriptions of a socket that is closed. */
  leave(subscriber: Subscriber): void {
    for (const topic of this.#topics.get(subscriber) ?? []) this.#remove(topic, subscriber);
    this.#topics.delete(subscriber);
  }

  /** Delivers a message in this process at once, and sends it to the others. */
  publish(topic: string, data: WebSocketData, except?: Subscriber): void {
    assertTopic(topic);
    const kind = typeof data === "string" ? TEXT_KIND : BINARY_KIND;
    // First, because the bus refuses a message that is too large for it.
    this.#bus()?.publish(PREFIX + topic, Buffer.concat([kind, payloadOf(data)]));
    const frame = encodeFrame(data);
    for (const subscriber of this.#subscribers.get(topic) ?? [])
      if (subscriber !== except && subscriber.isOpen) subscriber.deliver(data, frame);
  }

  #remove(topic: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(topic);
    if (subscribers === undefined) return;
    subscribers.delete(subscriber);
    if (subscribers.size === 0) this.#subscribers.delete(topic);
  }
}

function assertTopic(topic: unknown): asserts topic is string {
  if (typeof topic === "string" && topic !== "" && topic.length <= MAX_TOPIC) return;
  throw webSocketError("PKT_WEBSOCKET_TOPIC", { received: showValue(topic) });
}
