/**
 * Helpers for listening sockets: they empty the backlog before a socket closes, and log connections that were not
 * accepted.
 */
import type { Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createLogLimiter, type Logger } from "../../log/logger.ts";

/** The longest wait for an empty backlog, in milliseconds: new clients may keep connecting. */
const MAX_WAIT = 250;

/**
 * Waits until Node has accepted the connections in the system's backlog. Closing the socket would reset them, although
 * their clients may have sent requests already. Node accepts at least one connection in each turn of the event loop, so
 * the backlog is empty after two turns without any.
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

/** Waits until a server that emits "connection" events has accepted its backlog. */
export async function acceptBacklogOf(server: Server): Promise<void> {
  let accepted = 0;
  const onConnection = (): void => {
    accepted += 1;
  };
  server.on("connection", onConnection);
  await acceptBacklog(() => accepted);
  server.off("connection", onConnection);
}

/** Makes an "error" listener that logs connections that Node could not accept, at most one line a second. */
export function logAcceptErrors(log: Logger): (error: Error) => void {
  const limited = createLogLimiter();
  return (error) =>
    limited("accept", (leftOut) => log.error({ err: error, leftOut }, "a connection could not be accepted"));
}
