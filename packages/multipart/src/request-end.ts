/** When the files of a request have to go: with a request that failed, or with every one that is over. */
import type { PacketronResponse } from "@packetron/core";

/** What to do at the end of a request. */
export interface RequestEnd {
  /** The request has failed; its form may still be on its way. */
  failed(): void;
  /** The client has the whole answer. */
  succeeded(): void;
}

/**
 * Watches a response. Hangs on `close`, because `finish` never comes when the client goes away. An answer of 500 and
 * above, and one that Packetron gave by itself, means that the handler has failed; any other is the handler's word.
 */
export function watchEnd(response: PacketronResponse, end: RequestEnd): void {
  let finished = response.writableFinished;
  const hasFailed = (): boolean => !finished || response.refused || response.statusCode >= 500;
  // Before core looks whether somebody still reads the body: a form that nobody waits for is read no further.
  response.prependListener("finish", () => {
    finished = true;
    if (hasFailed()) end.failed();
  });
  const close = (): void => (hasFailed() ? end.failed() : end.succeeded());
  if (response.closed) close();
  else response.once("close", close);
}
