/** The broadcasts of one server, as messages of its bus. */
import { deserialize } from "node:v8";
import type { Bus } from "../capability/shared-services.ts";
import { serializeMessage } from "../cluster/ipc/channels.ts";

/** Keeps the topics of programs apart from those of capabilities. */
const PREFIX = "broadcast:";

/** Sends values to the subscribers of a topic. */
export class Broadcasts {
  readonly #bus: () => Bus;

  /** @param bus Returns the widest bus of the server, which capabilities may replace while they are installed. */
  constructor(bus: () => Bus) {
    this.#bus = bus;
  }

  /** @throws PKT_CLUSTER_MESSAGE when the value cannot be cloned, is too large, or too many bytes are queued. */
  send(topic: string, value: unknown): void {
    this.#bus().publish(PREFIX + topic, serializeMessage(`${PREFIX}${topic}`, value));
  }

  /**
   * Adds a listener for a topic; `from` is the worker id of the sender. Returns a function that removes the listener.
   */
  subscribe(topic: string, listener: (value: unknown, from: number) => void): () => void {
    const wanted = PREFIX + topic;
    // Each listener gets its own copy of the value, so that one listener cannot change the value of another listener.
    return this.#bus().listen((heard, bytes, { worker }) => {
      if (heard === wanted) listener(deserialize(bytes), worker);
    });
  }
}
