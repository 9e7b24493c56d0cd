/** What a source of events gets, and the kinds of sources. */
import type { StreamSource } from "../source.ts";
import type { ServerSentEvent } from "./event-text.ts";

/** Sends the events of one stream. Its functions may be taken out of the object, and called at any time. */
export interface EventSender {
  /**
   * Sends an event. Does nothing once the stream is over. An event that cannot be sent (a line break in `event` or `id`, data
   * that is not JSON) fails the stream with PKT_STREAM_EVENT: the client gets a 500, or is cut if the head has left.
   *
   * @returns Whether the client keeps up. While it does not, events wait in memory; when more than 262,144 characters wait, the
   *   client is cut, and may connect again.
   */
  readonly send: (event: ServerSentEvent) => boolean;
  /** Ends the stream, after what was sent. Browsers connect again; answer that request with 204 to stop them. */
  readonly close: () => void;
  /** Aborts when the stream is over: the client has left, the server drains, `close()` was called, or an error has cut it. */
  readonly signal: AbortSignal;
}

/** Ends what a source has begun: a timer, a subscription. */
export type Cleanup = () => unknown;

/**
 * A source that sends when it wants to. If it returns a function, or a promise of one, this function is called once, when the
 * stream is over; other results are ignored. A throw or a rejection fails the stream.
 */
export type EventsFunction = (events: EventSender) => unknown;

/** What `response.sendEvents()` takes: events one after another, or a function that sends them. */
export type EventsSource = StreamSource<ServerSentEvent> | EventsFunction;
