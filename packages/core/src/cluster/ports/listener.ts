/** The primary's end of a port: accepts connections without reading a byte, and gives them to the dispatcher. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ServerSettings } from "../../config/options.ts";
import { createLogLimiter, type Logger } from "../../log/logger.ts";
import {
  closeCopy,
  peerAddress,
  type RawConnection,
  SOCKET_OPTIONS,
  takeConnections,
} from "../../node/raw-connection.ts";
import type { PortSocket } from "../../node/reuse-port.ts";
import { reusePortWorks } from "../../node/reuse-port.ts";
import { Dispatcher, type Target } from "./balancer.ts";
import { listen } from "./port.ts";
import { SharedPort } from "./shared-port.ts";
import { clientOf } from "./sticky.ts";

/** The longest last call in milliseconds, for clients that never stop connecting. */
const LAST_CALL = 250;

/** A worker as a port sees it. */
export interface PortWorker extends Target<RawConnection> {
  /** Accept from this socket of the port, which was another worker's. */
  adopt(slot: number, socket: PortSocket): void;
  /** Accept from it no more. */
  disown(slot: number): void;
}

/** A port that is open, and how its connections come to the workers. */
export interface Listener {
  readonly address: AddressInfo;
  /** Whether it accepts connections. */
  readonly listening: boolean;
  /** What a worker that is invited gets along: its own socket of the port, when workers accept for themselves. */
  socketFor(slot: number): PortSocket | undefined;
  /** A worker is ready for connections. */
  add(worker: PortWorker): void;
  /** It gets no more. */
  retire(worker: PortWorker): void;
  /** It has drained, or is dead. */
  remove(worker: PortWorker): void;
  /** It has the connection, and has closed so many so far. */
  acknowledge(worker: PortWorker, connection: number, closed: number): void;
  /** It has read everything up to this connection. */
  passed(worker: PortWorker, connection: number): void;
  /** It has closed so many so far. */
  report(worker: PortWorker, closed: number): void;
  /** Stops accepting, once every connection that clients have established went to the workers. */
  close(): Promise<void>;
}

/**
 * Opens the port of a server that workers serve.
 *
 * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN
 */
export async function openPort(settings: ServerSettings, log: Logger): Promise<Listener> {
  if (settings.distribution !== "reuse-port") return openDispatched(settings, log);
  if (await reusePortWorks(settings.host)) return SharedPort.open(settings, log);
  log.warn(
    { distribution: settings.distribution },
    "this system or this Node cannot share a port (SO_REUSEPORT, Node 22.12): connections go to the worker with the fewest",
  );
  return openDispatched(settings, log);
}

async function openDispatched(settings: ServerSettings, log: Logger): Promise<Listener> {
  const { distribution } = settings;
  const limited = createLogLimiter();
  const dispatcher = new Dispatcher<RawConnection>({
    distribution: distribution === "reuse-port" ? "least-connections" : distribution,
    patience: settings.readyTimeout,
    clientOf: (connection) => clientOf(peerAddress(connection)),
    // The worker has its own copy of the descriptor: this closes ours and leaves the connection alone.
    release: closeCopy,
    discard: (connection) => {
      closeCopy(connection);
      limited("discard", (leftOut) =>
        log.warn({ leftOut }, "a connection was closed, because no worker could take it"),
      );
    },
  });
  const server = createServer({ pauseOnConnect: true, ...SOCKET_OPTIONS });
  const address = await listen(server, settings);
  let accepted = 0;
  takeConnections(server, (connection) => {
    accepted += 1;
    dispatcher.dispatch(connection);
  });
  // Out of descriptors, for one: later connections may be fine again. An error before is a matter of `listen()`.
  server.on("error", logAcceptErrors(log));
  return {
    address,
    get listening() {
      return server.listening;
    },
    socketFor: () => undefined,
    add: (worker) => dispatcher.add(worker),
    retire: (worker) => dispatcher.retire(worker),
    remove: (worker) => dispatcher.remove(worker),
    acknowledge: (worker, connection, closed) => dispatcher.acknowledge(worker, connection, closed),
    passed: (worker, connection) => dispatcher.passed(worker, connection),
    report: (worker, closed) => dispatcher.report(worker, closed),
    async close() {
      await untilQuiet(() => accepted);
      if (server.listening) server.close();
      dispatcher.close();
    },
  };
}

/**
 * Lets the system's queue of established connections run empty: closing the port resets those in it, while their
 * clients have sent requests already. Each turn of the loop accepts at least one; two without any mean that it is empty.
 */
export async function untilQuiet(countAccepted: () => number): Promise<void> {
  const latest = performance.now() + LAST_CALL;
  let quiet = 0;
  while (quiet < 2 && performance.now() < latest) {
    const before = countAccepted();
    await nextTurn();
    quiet = countAccepted() === before ? quiet + 1 : 0;
  }
}

/** The same for a server whose connections come as events. */
export async function lastCall(server: Server): Promise<void> {
  let accepted = 0;
  const onConnection = (): void => {
    accepted += 1;
  };
  server.on("connection", onConnection);
  await untilQuiet(() => accepted);
  server.off("connection", onConnection);
}

/** Logs failures to accept, without flooding the log. */
export function logAcceptErrors(log: Logger): (error: Error) => void {
  const limited = createLogLimiter();
  return (error) =>
    limited("accept", (leftOut) => log.error({ err: error, leftOut }, "a connection could not be accepted"));
}
