/** The stream through which machines send messages to each other. */
import { Script } from "./script.ts";

/** About how many messages the stream keeps. A machine that was away for fewer gets each of them. */
export const RETAINED = 10_000;

/** Adds messages: the arguments are the program, and for each message its number, worker, topic and bytes. */
export const publishScript = new Script(`for index = 2, #ARGV, 4 do
  redis.call("XADD", KEYS[1], "MAXLEN", "~", ${RETAINED}, "*", "p", ARGV[1],
    "s", ARGV[index], "w", ARGV[index + 1], "t", ARGV[index + 2], "b", ARGV[index + 3])
end
return 1`);

/** A message of a program. */
export interface StreamMessage {
  readonly id: string;
  readonly program: string;
  /** Counts the messages of the program, from 1. */
  readonly number: number;
  readonly worker: number;
  readonly topic: string;
  readonly bytes: Buffer;
}

/** Reads the entries of a reply to XREAD. What has another form is left out: another program may write to the key. */
export function messagesOf(
  reply: unknown,
): readonly { readonly id: string; readonly message: StreamMessage | null }[] {
  const [stream]: unknown[] = Array.isArray(reply) ? reply : [];
  const [, entries]: unknown[] = Array.isArray(stream) ? stream : [];
  return Array.isArray(entries) ? entries.flatMap(entryOf) : [];
}

/** The id of an entry of a stream. */
export function idOf(entry: unknown): string | null {
  const [id]: unknown[] = Array.isArray(entry) ? entry : [];
  return Buffer.isBuffer(id) ? id.toString("latin1") : null;
}

/** Whether one id of a stream is before another. Ids are milliseconds and a number, as in `1700000000000-5`. */
export function isBefore(one: string, other: string): boolean {
  const [time = 0, number = 0] = one.split("-").map(Number);
  const [otherTime = 0, otherNumber = 0] = other.split("-").map(Number);
  return time < otherTime || (time === otherTime && number < otherNumber);
}

function entryOf(entry: unknown): { id: string; message: StreamMessage | null }[] {
  const id = idOf(entry);
  if (id === null) return [];
  const [, fields]: unknown[] = Array.isArray(entry) ? entry : [];
  return [{ id, message: Array.isArray(fields) ? messageOf(id, fields) : null }];
}

function messageOf(id: string, fields: readonly unknown[]): StreamMessage | null {
  const [, program, , number, , worker, , topic, , bytes] = fields;
  const [name, count, from, to] = [program, number, worker, topic].map((field) =>
    Buffer.isBuffer(field) ? field.toString("utf8") : null,
  );
  if (!name || !count || !from || typeof to !== "string" || !Buffer.isBuffer(bytes)) return null;
  return { id, program: name, number: Number(count), worker: Number(from), topic: to, bytes };
}
