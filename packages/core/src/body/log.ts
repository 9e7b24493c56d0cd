/** The log line about a body that is not valid: one a second and server, however many there are. */
import type { PacketronError } from "../errors/errors.ts";
import { requestFields } from "../log/request-fields.ts";
import type { PacketronRequest } from "../message/request.ts";

const INTERVAL = 1000;

interface LogState {
  /** On the monotonic clock, so that a clock that is set back does not silence the log. */
  nextAt: number;
  /** Bodies that had no line of their own since the last one. */
  omitted: number;
}

const states = new WeakMap<object, LogState>();

/** Logs that a body was not valid; `omitted` tells how many went without a line since the last one. */
export function logInvalidBody(request: PacketronRequest, error: PacketronError): void {
  const { server } = request;
  const now = performance.now();
  const state = states.get(server) ?? { nextAt: 0, omitted: 0 };
  states.set(server, state);
  if (now < state.nextAt) {
    state.omitted++;
    return;
  }
  const { omitted } = state;
  state.nextAt = now + INTERVAL;
  state.omitted = 0;
  server.log.warn(
    { ...requestFields(request), code: error.code, reason: error.message, omitted },
    "request body not valid: getBody() gives null",
  );
}
