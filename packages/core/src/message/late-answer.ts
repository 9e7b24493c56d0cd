/** Logs calls on a response that has been sent. Such calls are ignored. */
import { coreError } from "../errors/errors.ts";
import { limiterOf } from "../log/limiter.ts";
import { requestFields } from "../log/request-fields.ts";
import type { PacketronResponse } from "./response.ts";

/**
 * Responses for which a late answer has been logged. A field would cost memory in every response, and late answers are
 * rare.
 */
const warned = new WeakSet<PacketronResponse>();

/**
 * Warns that a call arrived after the answer, with the stack of the call: at most once for each response, and once a
 * second for each server. Does not warn when core has answered by itself, as with 413: the handler made no mistake.
 *
 * @param call The late call, for the log: `"sendJson() was called"`.
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
