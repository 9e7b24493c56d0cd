/** Logs bodies that are not valid, at most one line a second for each server. */
import type { PacketronError } from "../errors/errors.ts";
import { requestFields } from "../log/request-fields.ts";
import type { PacketronRequest } from "../message/request.ts";

const INTERVAL = 1000;

interface LogState {
  /** When the next line may be written, on the monotonic clock: a wall clock that is set back would silence the log. */
  nextAt: number;
  /** How many invalid bodies were not logged since the last line. */
  omitted: number;
}

const states = new WeakMap<object, LogState>();

/**
 * Logs that a body is not valid, at most once a second for each server. The field `omitted` says how many such bodies
 * were not logged since the previous line.
 */
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
    "request body is not valid: getBody() returns null",
  );
}
