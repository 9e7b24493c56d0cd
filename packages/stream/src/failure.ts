/** The errors of sources that have been stopped. */
import type { PacketronResponse } from "@packetron/core";
import { fail } from "@packetron/core/capability";

/** The codes of errors that say that a stream was ended before its time. */
const END_CODES: ReadonlySet<unknown> = new Set([
  "ABORT_ERR",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/**
 * Reports an error of a source that has been stopped, for example of the `finally` of a generator. Does not report an error
 * that only says so: streams end with their clients, which is not a failure.
 */
export function failLate(error: unknown, response: PacketronResponse): void {
  const { req: request } = response;
  if (!isEnd(error) && error !== request.signal.reason) fail(error, request, response);
}

function isEnd(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || END_CODES.has(Reflect.get(error, "code")));
}
