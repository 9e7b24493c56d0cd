/**
 * Connections without Node's socket around them. Node wraps each connection that it accepts into a socket with two
 * streams. That is a third of the primary's work for a connection of which it never reads a byte. `takeConnections()`
 * takes connections from the handle of the server, as `node:cluster` does. Where the handle has another shape, it takes
 * Node's sockets.
 */
import { type Server, Socket } from "node:net";

/**
 * A client that vanishes without a FIN (a pulled cable, a NAT that forgot) would hold its connection for ever while its
 * handler has not answered. The system probes it after a minute of silence. The option stays with the connection.
 */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** Options of accepted connections; node:http sets `noDelay`, too, on connections that it accepts itself. */
export const SOCKET_OPTIONS: typeof KEEP_ALIVE & { readonly noDelay: true } = {
  noDelay: true,
  ...KEEP_ALIVE,
};

/** The handle of a connection, which Node would wrap into a socket. */
interface ConnectionHandle {
  getpeername(out: object): number;
  setNoDelay(on: boolean): number;
  setKeepAlive(on: boolean, seconds: number): number;
  close(): void;
}

/** A connection that this process holds and does not read: a handle, or a paused socket of Node. */
export type RawConnection = Socket | ConnectionHandle;

/** The handle of a server that listens. */
interface ListeningHandle {
  setNoDelay?(on: boolean): number;
  setKeepAlive?(on: boolean, seconds: number): number;
  onconnection(error: number, connection: unknown): void;
}

/** Calls `take` with every connection that the server accepts from now on; no "connection" event is emitted. */
export function takeConnections(server: Server, take: (connection: RawConnection) => void): void {
  const handle: unknown = Reflect.get(server, "_handle");
  server.on("connection", (socket) => take(detach(socket)));
  if (!isListening(handle)) return;
  const { onconnection } = handle;
  const inherited = process.platform === "linux" && setOptions(handle);
  handle.onconnection = (error, connection) => {
    // Node emits failures as errors of the server.
    if (error !== 0 || !isConnectionHandle(connection))
      return void Reflect.apply(onconnection, handle, [error, connection]);
    if (!inherited) setOptions(connection);
    take(connection);
  };
}

/** Sets {@link SOCKET_OPTIONS}. On Linux, connections inherit them from the listening socket: five system calls less. */
function setOptions(handle: Partial<ConnectionHandle>): boolean {
  const delay = handle.setNoDelay?.(true);
  const keepAlive = handle.setKeepAlive?.(true, KEEP_ALIVE.keepAliveInitialDelay / 1000);
  return delay === 0 && keepAlive === 0;
}

/** Makes a socket of a connection that arrived with a message; `undefined` for anything else. Reading begins. */
export function receiveConnection(handle: unknown): Socket | undefined {
  if (handle instanceof Socket) return handle;
  if (!isConnectionHandle(handle)) return undefined;
  const socket: Socket = Reflect.construct(Socket, [
    { handle, allowHalfOpen: true, readable: true, writable: true },
  ]);
  return socket;
}

/** The address of the client. */
export function peerAddress(connection: RawConnection): string | undefined {
  if (connection instanceof Socket) return connection.remoteAddress;
  const peer: { address?: string } = {};
  connection.getpeername(peer);
  return peer.address;
}

/** Closes this process's copy. The connection goes on if another process has a copy, and ends otherwise. */
export function closeCopy(connection: RawConnection): void {
  if (connection instanceof Socket) connection.destroy();
  else connection.close();
}

/** Prepares a socket that Node made for another process: this one neither reads nor counts it. */
function detach(socket: Socket): Socket {
  // The worker notices a reset before the hand-over; without a listener it would be thrown here.
  socket.on("error", () => {});
  // With a server, Node would list the worker's sockets in both processes, with messages about each close.
  Reflect.set(socket, "server", null);
  return socket;
}

function isListening(value: unknown): value is ListeningHandle {
  return (
    typeof value === "object" &&
    value !== null &&
    "onconnection" in value &&
    typeof value.onconnection === "function"
  );
}

function isConnectionHandle(value: unknown): value is ConnectionHandle {
  return (
    typeof value === "object" &&
    value !== null &&
    "getpeername" in value &&
    typeof value.getpeername === "function" &&
    "setKeepAlive" in value &&
    typeof value.setKeepAlive === "function" &&
    "close" in value &&
    typeof value.close === "function"
  );
}
