/** What comes after a response has been sent: ignored, and told once for each response. */
import { coreError } from "../errors/errors.ts";
import { createLogLimiter, type LogLimiter } from "../log/logger.ts";
import { requestFields } from "../log/request-fields.ts";
import type { Packetron } from "../server/packetron.ts";
import type { PacketronResponse } from "./response.ts";

/** Responses that have been told about; outside them, because nearly all never get here. */
const told = new WeakSet<PacketronResponse>();

const limiters = new WeakMap<Packetron, LogLimiter>();

/**
 * Tells that a call came too late, with the stack of the call: one warning for each response, one a second for each
 * server. Says nothing when core had answered by itself, as with 413: then the handler did no wrong.
 */
export function warnLateAnswer(response: PacketronResponse, call: string, cause?: unknown): void {
  if (response.refused || told.has(response)) return;
  told.add(response);
  const { req: request, server } = response;
  const err = coreError("PKT_RESPONSE_ENDED", { call }, cause);
  const limited = limiters.get(server) ?? createLogLimiter();
  limiters.set(server, limited);
  limited("late-answer", (leftOut) => {
    server.log.warn({ err, ...requestFields(request), leftOut }, "a second answer was ignored");
  });
}
