/** Accepting from a listening socket: failures, and the backlog before the socket is closed. */
import type { Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createLogLimiter, type Logger } from "../../log/logger.ts";

/** The longest wait for the backlog in milliseconds, for clients that never stop connecting. */
const MAX_WAIT = 250;

/**
 * Accepts the connections in the system's backlog: closing the socket would reset them, although their clients may have
 * sent requests already. Node accepts at least one connection in each turn of the event loop, so two turns without any
 * mean that the backlog is empty.
 */
export async function acceptBacklog(countAccepted: () => number): Promise<void> {
  const latest = performance.now() + MAX_WAIT;
  let quietTurns = 0;
  while (quietTurns < 2 && performance.now() < latest) {
    const before = countAccepted();
    await nextTurn();
    quietTurns = countAccepted() === before ? quietTurns + 1 : 0;
  }
}

/** Accepts the backlog of a server that emits its connections as events. */
export async function acceptBacklogOf(server: Server): Promise<void> {
  let accepted = 0;
  const onConnection = (): void => {
    accepted += 1;
  };
  server.on("connection", onConnection);
  await acceptBacklog(() => accepted);
  server.off("connection", onConnection);
}

/** Makes a listener that logs failures to accept, without flooding the log. */
export function logAcceptErrors(log: Logger): (error: Error) => void {
  const limited = createLogLimiter();
  return (error) =>
    limited("accept", (leftOut) => log.error({ err: error, leftOut }, "a connection could not be accepted"));
}
