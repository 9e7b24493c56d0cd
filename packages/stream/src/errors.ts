/**
 * The errors of this package in one table: the stable code, the message, and the status that the client gets when the
 * answer has not begun. Wrong options and sources have core's codes PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN.
 */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface StreamErrors {
  PKT_STREAM_CHUNK: { received: string };
  PKT_STREAM_LENGTH: { length: number; sent: number };
  PKT_STREAM_LINE: { reason: string };
  PKT_STREAM_EVENT: { reason: string };
  PKT_STREAM_SLOW_READER: { waiting: number };
}

/** An error code of @packetron/stream. */
export type StreamErrorCode = keyof StreamErrors;

/** Creates an error of this package. */
export const streamError: ErrorFactory<StreamErrors> = defineErrors<StreamErrors>({
  PKT_STREAM_CHUNK: {
    message: (f) =>
      `The source of sendStream() gave ${f.received}, but it has to give text or bytes. For values as JSON use sendLines().`,
  },
  PKT_STREAM_LENGTH: {
    message: (f) =>
      `The source of sendStream() gave ${f.sent > f.length ? "at least " : ""}${f.sent} bytes, but the length of the answer is ${f.length}. Leave the option length out when it is not certain.`,
  },
  PKT_STREAM_LINE: {
    message: (f) => `A value of sendLines() cannot be sent as JSON: ${f.reason}.`,
  },
  PKT_STREAM_EVENT: {
    message: (f) => `An event of sendEvents() cannot be sent: ${f.reason}.`,
  },
  // A status of the client, because a client causes it: a server with STOP_ON_ERROR must not stop.
  PKT_STREAM_SLOW_READER: {
    status: 408,
    message: (f) =>
      `A client reads its events too slowly, so its connection was cut: ${f.waiting} characters waited for it. Send less while events.send() returns false, or give sendEvents() an iterable, which waits for the client.`,
  },
});

/** All error codes of @packetron/stream. */
export const streamErrorCodes: readonly StreamErrorCode[] = streamError.codes;
