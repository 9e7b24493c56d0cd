/** Frames of messages: RFC 6455 section 5.2. A server sends them without a mask. */
import { showValue } from "@packetron/core/capability";
import { webSocketError } from "./errors.ts";

/** A message: text, which is sent as UTF-8, or bytes. */
export type WebSocketData = string | ArrayBuffer | ArrayBufferView;

/** The last frame of a message (FIN), with the opcode of text or of bytes. */
const [TEXT, BINARY] = [0x81, 0x82];

/** The longest payload whose length fits into the second byte, and the longest with two bytes of length. */
const [SHORT, MEDIUM] = [125, 0xffff];

/** The payload of a message. @throws PKT_WEBSOCKET_DATA */
export function payloadOf(data: WebSocketData): Buffer {
  if (typeof data === "string") return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  throw webSocketError("PKT_WEBSOCKET_DATA", { received: showValue(data) });
}

/** Makes the frame of a whole message: one buffer, so that it needs one write, and is the same for all receivers. */
export function encodeFrame(data: WebSocketData): Buffer {
  if (typeof data !== "string") return frame(BINARY, payloadOf(data));
  const length = Buffer.byteLength(data);
  const { bytes, start } = allocate(TEXT, length);
  // Text with one byte for each unit is ASCII, which is copied.
  bytes.write(data, start, length === data.length ? "latin1" : "utf8");
  return bytes;
}

/** Makes the frame of a message whose payload is known, such as one of another process. */
export function encodePayload(payload: Uint8Array, isBinary: boolean): Buffer {
  return frame(isBinary ? BINARY : TEXT, payload);
}

function frame(opcode: number, payload: Uint8Array): Buffer {
  const { bytes, start } = allocate(opcode, payload.byteLength);
  bytes.set(payload, start);
  return bytes;
}

function allocate(opcode: number, length: number): { readonly bytes: Buffer; readonly start: number } {
  const start = length <= SHORT ? 2 : length <= MEDIUM ? 4 : 10;
  const bytes = Buffer.allocUnsafe(start + length);
  bytes[0] = opcode;
  if (start === 2) {
    bytes[1] = length;
  } else if (start === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  return { bytes, start };
}
