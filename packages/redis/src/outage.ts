/** What an error of a call means: that the store is not available, or that it refuses this one call. */

/** A reply of the store that is an error. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
}

/** Replies of a server that answers, but not as the one that this process needs now. */
const OUTAGES = ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "NOAUTH", "MOVED"];

/** Whether an error counts as a failure of the store. */
export function isOutage(error: unknown): boolean {
  return !(error instanceof ReplyError) || OUTAGES.includes(codeOf(error));
}

/** Whether the store has no memory for a write. */
export function isFull(error: unknown): boolean {
  return error instanceof ReplyError && codeOf(error) === "OOM";
}

/** Whether the store does not know a script. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof ReplyError && codeOf(error) === "NOSCRIPT";
}

/** The reason of an error for a log line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An attempt with several addresses has an empty message.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join("; ");
  return error.message || error.name;
}

/** The first word of an error reply, such as "OOM". */
function codeOf(error: ReplyError): string {
  return error.message.split(" ", 1)[0] ?? "";
}
