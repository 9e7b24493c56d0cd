/**
 * The public names of @packetron/stream.
 *
 * @module
 */
export { stream } from "./stream.ts";
export type { SendEventsOptions, SendStreamOptions } from "./options.ts";
export type { StreamSource, WebStream } from "./source.ts";
export type { StreamChunk } from "./pieces.ts";
export type { EventSender, EventsFunction, EventsSource } from "./events/event-sender.ts";
export type { ServerSentEvent } from "./events/event-text.ts";
export { type StreamErrorCode, streamErrorCodes } from "./errors.ts";
