/** Values of `server.shared` as bytes. */

import { deserialize, serialize } from "node:v8";
import { assertSize } from "../capability/shared-checks.ts";
import { coreError, optionError } from "../errors/errors.ts";

/** The first byte of a value that is a structured clone. No text of a number begins with it. */
const CLONE = 1;

/**
 * Turns a value into bytes: a structured clone after a byte with the version of the format. A finite number is its decimal
 * text, so that `add()` can add to it.
 *
 * @throws PKT_OPTION_INVALID for a value that cannot be cloned, is `undefined`, or larger than 1 MiB.
 */
export function encodeValue(value: unknown): Uint8Array {
  if (value === undefined) throw optionError("value", value, "a value; call delete() to remove the key");
  if (Number.isFinite(value)) return Buffer.from(Object.is(value, -0) ? "-0" : String(value), "latin1");
  const clone = serializeOrThrow(value);
  assertSize(clone.byteLength + 1);
  return Buffer.concat([Buffer.of(CLONE), clone]);
}

/**
 * Turns bytes of {@link encodeValue} or of `add()` back into a value.
 *
 * @throws PKT_SHARED_UNAVAILABLE for another format: a later version has written the value.
 */
export function decodeValue<Value>(key: string, bytes: Uint8Array): Value;
export function decodeValue(key: string, bytes: Uint8Array): unknown {
  if (bytes[0] === CLONE) return deserialize(bytes.subarray(1));
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  if (/^-?\d/.test(text)) return Number(text);
  const reason = "its value has a format of another version of @packetron/core";
  throw coreError("PKT_SHARED_UNAVAILABLE", { call: `get("${key}")`, reason });
}

function serializeOrThrow(value: unknown): Buffer {
  try {
    return serialize(value);
  } catch (error) {
    throw optionError("value", value, "what structuredClone() takes: no functions, no symbols", error);
  }
}
