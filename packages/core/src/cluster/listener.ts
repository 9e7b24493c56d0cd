/** The primary's end of a port: accepts connections without reading a byte, and gives them to the dispatcher. */
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createLogLimiter, type Logger } from "../log.ts";
import type { ServerSettings } from "../options.ts";
import { Dispatcher } from "./dispatcher.ts";

/** The longest last call in milliseconds, for clients that never stop connecting. */
const LAST_CALL = 250;

/**
 * A client that vanishes without a word (a cable, a NAT that forgot) would hold its connection for ever while its handler
 * has not answered: the system asks after a minute of silence. The option stays with the connection.
 */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** A port and the connections that no worker has yet. */
export interface Listener {
  readonly server: Server;
  readonly dispatcher: Dispatcher<Socket>;
  /** Stops accepting, once every connection that clients have established went to the workers. */
  close(): Promise<void>;
}

/** Makes the listener; it does not listen yet. */
export function createListener(settings: ServerSettings, log: Logger): Listener {
  const limited = createLogLimiter();
  const dispatcher = new Dispatcher<Socket>({
    distribution: settings.distribution,
    patience: settings.readyTimeout,
    // The worker has its own copy of the descriptor: this closes ours and leaves the connection alone.
    release: (socket) => socket.destroy(),
    discard: (socket) => {
      socket.destroy();
      limited("discard", (leftOut) =>
        log.warn({ leftOut }, "a connection was closed, because no worker could take it"),
      );
    },
  });
  // `noDelay` is what node:http sets on connections that it accepts itself; it stays with the connection.
  const server = createServer({ pauseOnConnect: true, noDelay: true, ...KEEP_ALIVE }, (socket) => {
    // A reset before the hand-over is the worker's to notice; without a listener it would be thrown here.
    socket.on("error", ignore);
    // Unset, node would keep a list of the worker's sockets in both processes, with messages about each close.
    Reflect.set(socket, "server", null);
    dispatcher.dispatch(socket);
  });
  const close = async (): Promise<void> => {
    await lastCall(server);
    if (server.listening) server.close();
    dispatcher.close();
  };
  // Out of descriptors, for one: later connections may be fine again. An error before is a matter of `listen()`.
  server.once("listening", () => server.on("error", logAcceptErrors(log)));
  return { server, dispatcher, close };
}

/**
 * Lets the system's queue of established connections run empty: closing the port resets those in it, while their
 * clients have sent requests already. Each turn of the loop accepts at least one; two without any mean that it is empty.
 */
export async function lastCall(server: Server): Promise<void> {
  let quiet = 0;
  const onConnection = (): void => {
    quiet = 0;
  };
  server.on("connection", onConnection);
  const latest = performance.now() + LAST_CALL;
  while (quiet < 2 && performance.now() < latest) {
    await nextTurn();
    quiet += 1;
  }
  server.off("connection", onConnection);
}

/** Logs failures to accept, without flooding the log. */
export function logAcceptErrors(log: Logger): (error: Error) => void {
  const limited = createLogLimiter();
  return (error) =>
    limited("accept", (leftOut) => log.error({ err: error, leftOut }, "a connection could not be accepted"));
}

function ignore(): void {}
