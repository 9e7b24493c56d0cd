/** The messages of calls between a worker and the primary: structured clones, in base64 for Node's JSON channel. */
import { deserialize, serialize } from "node:v8";
import { isPacketronError, PacketronError } from "../errors/define-errors.ts";
import { errorReason } from "../errors/narrow.ts";
import type { CallName, SharedCalls } from "./calls.ts";

/** A call of a worker. The primary answers with the same `id`. */
export interface CallMessage<Name extends CallName = CallName> {
  readonly id: number;
  readonly name: Name;
  readonly args: Parameters<SharedCalls[Name]>;
}

/** The primary's answer to a call: its value, or its error. */
export interface AnswerMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: CallError;
}

/** An error of a call. */
export interface CallError {
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
}

/** Packs a message. */
export function pack(message: CallMessage | AnswerMessage): string {
  return serialize(message).toString("base64");
}

/** Unpacks a message of {@link pack}. */
export function unpack<Message extends CallMessage | AnswerMessage>(payload: string): Message {
  return deserialize(Buffer.from(payload, "base64"));
}

/** Describes an error for the process that has made the call. */
export function describeError(error: unknown): CallError {
  if (isPacketronError(error)) return { code: error.code, message: error.message, status: error.status };
  return { code: "PKT_SHARED_UNAVAILABLE", message: errorReason(error), status: 503 };
}

/** Makes the error again. Its stack is that of this process, which made the call. */
export function restoreError({ code, message, status }: CallError): PacketronError {
  return new PacketronError(code, message, { status });
}
