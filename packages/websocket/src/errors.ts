/**
 * The errors of this package in one table: the stable code, the message, and the status that the client gets. Wrong
 * options have core's codes PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN.
 */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface WebSocketErrors {
  PKT_WEBSOCKET_ORIGIN: { origin: string };
  PKT_WEBSOCKET_HANDSHAKE: { reason: string };
  PKT_WEBSOCKET_VERSION: { version: string };
  PKT_WEBSOCKET_DATA: { received: string };
  PKT_WEBSOCKET_CLOSE: { reason: string };
  PKT_WEBSOCKET_TOPIC: { received: string };
}

/** An error code of @packetron/websocket. */
export type WebSocketErrorCode = keyof WebSocketErrors;

/** Creates an error of this package. */
export const webSocketError: ErrorFactory<WebSocketErrors> = defineErrors<WebSocketErrors>({
  PKT_WEBSOCKET_ORIGIN: {
    status: 403,
    message: (f) =>
      `A page of the origin ${f.origin} asked for a WebSocket, which the option origin does not allow. Add the origin to the option if the page is yours.`,
  },
  PKT_WEBSOCKET_HANDSHAKE: {
    status: 400,
    message: (f) =>
      `A client asked for a WebSocket with ${f.reason} (RFC 6455 section 4.1). Repair the client.`,
  },
  PKT_WEBSOCKET_VERSION: {
    status: 426,
    message: (f) =>
      `A client asked for version ${f.version} of the WebSocket protocol. The server has version 13 (RFC 6455).`,
  },
  PKT_WEBSOCKET_DATA: {
    base: TypeError,
    message: (f) =>
      `A message of a WebSocket is ${f.received}, expected a string, or bytes such as a Buffer. Send JSON.stringify(value) for any other value.`,
  },
  PKT_WEBSOCKET_CLOSE: {
    base: RangeError,
    message: (f) =>
      `close() of a WebSocket got ${f.reason}. Codes are 1000 to 1003, 1007 to 1009, 1011 to 1014 and 3000 to 4999, reasons at most 123 bytes.`,
  },
  PKT_WEBSOCKET_TOPIC: {
    base: TypeError,
    message: (f) => `A topic is ${f.received}, expected a text of 1 to 512 characters.`,
  },
});

/** All error codes of @packetron/websocket. */
export const webSocketErrorCodes: readonly WebSocketErrorCode[] = webSocketError.codes;
