/**
 * Connections without Node's socket around them. Node wraps each connection that it accepts into a socket with two
 * streams. The wrapping is a third of the primary's work for a connection, although the primary never reads a byte from
 * the connection. `takeConnections()` takes connections from the handle of the server, as `node:cluster` does. If this
 * version of Node has another kind of handle, `takeConnections()` takes Node's sockets.
 */
import { type Server, Socket } from "node:net";

/**
 * Makes the system test, after a minute of silence, whether the client still exists. A client that vanishes without a
 * FIN (a pulled cable, a NAT that dropped its entry) would otherwise hold its connection for ever while its handler has
 * not answered. The connection keeps the option when another process takes the connection.
 */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** Options of accepted connections. `node:http` also sets `noDelay` on connections that it accepts itself. */
export const SOCKET_OPTIONS: typeof KEEP_ALIVE & { readonly noDelay: true } = {
  noDelay: true,
  ...KEEP_ALIVE,
};

/** The libuv handle of a connection, which Node would wrap into a socket. */
interface ConnectionHandle {
  getpeername(out: object): number;
  setNoDelay(on: boolean): number;
  setKeepAlive(on: boolean, seconds: number): number;
  close(): void;
}

/** A connection that this process holds and does not read: a handle, or a paused socket of Node. */
export type RawConnection = Socket | ConnectionHandle;

/** The libuv handle of a listening server. */
interface ListeningHandle {
  setNoDelay?(on: boolean): number;
  setKeepAlive?(on: boolean, seconds: number): number;
  onconnection(error: number, connection: unknown): void;
}

/**
 * Calls `take` with every connection that the server accepts from now on. Other listeners of "connection" get none of
 * the connections that are taken from the handle.
 */
export function takeConnections(server: Server, take: (connection: RawConnection) => void): void {
  const handle: unknown = Reflect.get(server, "_handle");
  server.on("connection", (socket) => take(detach(socket)));
  if (!isListening(handle)) return;
  const { onconnection } = handle;
  const inherited = process.platform === "linux" && setOptions(handle);
  handle.onconnection = (error, connection) => {
    // Node's own function emits a failure as an `error` event of the server.
    if (error !== 0 || !isConnectionHandle(connection))
      return void Reflect.apply(onconnection, handle, [error, connection]);
    if (!inherited) setOptions(connection);
    take(connection);
  };
}

/**
 * Sets {@link SOCKET_OPTIONS} on a handle; returns whether that worked. On Linux, connections inherit the options from
 * the listening socket, which saves five system calls for each connection.
 */
function setOptions(handle: Partial<ConnectionHandle>): boolean {
  const delay = handle.setNoDelay?.(true);
  const keepAlive = handle.setKeepAlive?.(true, KEEP_ALIVE.keepAliveInitialDelay / 1000);
  return delay === 0 && keepAlive === 0;
}

/** Makes a socket of a connection that arrived with a message, and starts to read it; `undefined` for other values. */
export function receiveConnection(handle: unknown): Socket | undefined {
  if (handle instanceof Socket) return handle;
  if (!isConnectionHandle(handle)) return undefined;
  const socket: Socket = Reflect.construct(Socket, [
    { handle, allowHalfOpen: true, readable: true, writable: true },
  ]);
  return socket;
}

/** The IP address of the client; `undefined` when the connection is closed. */
export function peerAddress(connection: RawConnection): string | undefined {
  if (connection instanceof Socket) return connection.remoteAddress;
  const peer: { address?: string } = {};
  connection.getpeername(peer);
  return peer.address;
}

/** Closes this process's copy of a connection. The connection stays open while another process has a copy. */
export function closeCopy(connection: RawConnection): void {
  if (connection instanceof Socket) connection.destroy();
  else connection.close();
}

/**
 * Prepares a socket of Node for sending to another process: this process does not read from the socket, and does not
 * count it as a connection of its server.
 */
function detach(socket: Socket): Socket {
  // The client may reset the connection before it is sent. The worker handles that; without a listener, Node throws here.
  socket.on("error", () => {});
  // With a server, Node would count the worker's sockets in both processes, and send a message at each close.
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
