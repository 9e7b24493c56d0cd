/**
 * Decides at the end of a request whether the request failed or succeeded. The files of a failed request are always
 * removed, and those of a successful request only with DELETE_FILES_AFTER_RESPONSE.
 */
import type { PacketronResponse } from "@packetron/core";

/** Callbacks for the end of a request. */
export interface RequestEnd {
  /** The request has failed. Its form may still be arriving. May be called more than once. */
  failed(): void;
  /** The whole answer was sent. */
  succeeded(): void;
}

/**
 * Watches a response and calls back at its end. Listens to `close`, because Node emits no `finish` when the client
 * disconnects. An answer of 500 and above, or one that Packetron sent by itself, means that the handler failed. Any
 * other status is the handler's own decision.
 */
export function watchEnd(response: PacketronResponse, end: RequestEnd): void {
  let finished = response.writableFinished;
  const hasFailed = (): boolean => !finished || response.refused || response.statusCode >= 500;
  // Runs before core's listener, which checks whether the body still has a reader: a failed form ends and has none.
  response.prependListener("finish", () => {
    finished = true;
    if (hasFailed()) end.failed();
  });
  const close = (): void => (hasFailed() ? end.failed() : end.succeeded());
  if (response.closed) close();
  else response.once("close", close);
}
