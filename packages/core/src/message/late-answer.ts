/** Calls that come after a response has been sent: ignored, and logged once for each response. */
import { coreError } from "../errors/errors.ts";
import { limiterOf } from "../log/limiter.ts";
import { requestFields } from "../log/request-fields.ts";
import type { PacketronResponse } from "./response.ts";

/** Responses that have their line; not a field, because nearly all never get here. */
const warned = new WeakSet<PacketronResponse>();

/**
 * Warns that a call came too late, with the stack of the call: one warning for each response, one a second for each
 * server. Says nothing when core had answered by itself, as with 413: then the handler did no wrong.
 */
export function warnLateAnswer(response: PacketronResponse, call: string, cause?: unknown): void {
  if (response.refused || warned.has(response)) return;
  warned.add(response);
  const { req: request, server } = response;
  const err = coreError("PKT_RESPONSE_ENDED", { call }, cause);
  limiterOf(server)("late-answer", (leftOut) => {
    server.log.warn({ err, ...requestFields(request), leftOut }, "a second answer was ignored");
  });
}
