/** The primary's end of a port: accepts connections without reading a byte, and gives them to the dispatcher. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createLogLimiter, type Logger } from "../log.ts";
import type { ServerSettings } from "../options.ts";
import { Dispatcher, type Target } from "./dispatcher.ts";
import { listen } from "./port.ts";
import type { PortSocket } from "./port-socket.ts";
import { reusePortWorks } from "./port-socket.ts";
import { SharedPort } from "./shared-port.ts";
import { clientOf } from "./sticky.ts";

/** The longest last call in milliseconds, for clients that never stop connecting. */
const LAST_CALL = 250;

/**
 * A client that vanishes without a word (a cable, a NAT that forgot) would hold its connection for ever while its handler
 * has not answered: the system asks after a minute of silence. The option stays with the connection.
 */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** A worker as a port sees it. */
export interface PortWorker extends Target<Socket> {
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
  const dispatcher = new Dispatcher<Socket>({
    distribution: distribution === "reuse-port" ? "least-connections" : distribution,
    patience: settings.readyTimeout,
    clientOf: (socket) => clientOf(socket.remoteAddress),
    // The worker has its own copy of the descriptor: this closes ours and leaves the connection alone.
    release: (socket) => socket.destroy(),
    discard: (socket) => {
      socket.destroy();
      limited("discard", (leftOut) =>
        log.warn({ leftOut }, "a connection was closed, because no worker could take it"),
      );
    },
  });
  const server = createAccepting((socket) => dispatcher.dispatch(socket));
  const address = await listen(server, settings);
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
      await lastCall(server);
      if (server.listening) server.close();
      dispatcher.close();
    },
  };
}

/** A server that reads nothing from the connections it accepts. */
function createAccepting(take: (socket: Socket) => void): Server {
  // `noDelay` is what node:http sets on connections that it accepts itself; it stays with the connection.
  return createServer({ pauseOnConnect: true, noDelay: true, ...KEEP_ALIVE }, (socket) => {
    // A reset before the hand-over is the worker's to notice; without a listener it would be thrown here.
    socket.on("error", ignore);
    // Unset, node would keep a list of the worker's sockets in both processes, with messages about each close.
    Reflect.set(socket, "server", null);
    take(socket);
  });
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
