/**
 * Connections that are only passed on. Node puts a socket with two streams around each one that it accepts: a third of
 * the primary's work for a connection of which it never reads a byte. `node:cluster` takes them from the handle under
 * the server, and so does this; where the handle looks different, Node's sockets are passed on.
 */
import { type Server, Socket } from "node:net";

/**
 * A client that vanishes without a word (a cable, a NAT that forgot) would hold its connection for ever while its handler
 * has not answered: the system asks after a minute of silence. The option stays with the connection.
 */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** What Node sets on connections; `noDelay` as node:http does on those that it accepts itself. */
export const SOCKET_OPTIONS: typeof KEEP_ALIVE & { readonly noDelay: true } = {
  noDelay: true,
  ...KEEP_ALIVE,
};

/** The handle of a connection, without a socket around it. */
interface BareConnection {
  getpeername(out: object): number;
  setNoDelay(on: boolean): number;
  setKeepAlive(on: boolean, seconds: number): number;
  close(): void;
}

/** A connection that this process holds and does not read. */
export type Passing = Socket | BareConnection;

/** The handle of a server that listens. */
interface ListeningHandle {
  setNoDelay?(on: boolean): number;
  setKeepAlive?(on: boolean, seconds: number): number;
  onconnection(error: number, connection: unknown): void;
}

/** Gives every connection that the server accepts from now on to `take`, and the server's listeners none of them. */
export function takeConnections(server: Server, take: (connection: Passing) => void): void {
  const handle: unknown = Reflect.get(server, "_handle");
  server.on("connection", (socket) => take(bare(socket)));
  if (!isListening(handle)) return;
  const { onconnection } = handle;
  const inherited = process.platform === "linux" && setOptions(handle);
  handle.onconnection = (error, connection) => {
    // Failures are Node's to tell.
    if (error !== 0 || !isBare(connection))
      return void Reflect.apply(onconnection, handle, [error, connection]);
    if (!inherited) setOptions(connection);
    take(connection);
  };
}

/** Sets {@link SOCKET_OPTIONS}. On Linux, connections inherit them from the socket that listens: five system calls less. */
function setOptions(handle: Partial<BareConnection>): boolean {
  const delay = handle.setNoDelay?.(true);
  const keepAlive = handle.setKeepAlive?.(true, KEEP_ALIVE.keepAliveInitialDelay / 1000);
  return delay === 0 && keepAlive === 0;
}

/** What came with a message, as a socket that is read from now on; `undefined` when it is no connection. */
export function receiveConnection(handle: unknown): Socket | undefined {
  if (handle instanceof Socket) return handle;
  if (!isBare(handle)) return undefined;
  const socket: Socket = Reflect.construct(Socket, [
    { handle, allowHalfOpen: true, readable: true, writable: true },
  ]);
  return socket;
}

/** The address of the client. */
export function peerOf(connection: Passing): string | undefined {
  if (connection instanceof Socket) return connection.remoteAddress;
  const peer: { address?: string } = {};
  connection.getpeername(peer);
  return peer.address;
}

/** Drops this process's copy: a connection that somebody else has goes on, any other one ends. */
export function drop(connection: Passing): void {
  if (connection instanceof Socket) connection.destroy();
  else connection.close();
}

/** For passing on, a socket that Node made: not read, not counted. */
function bare(socket: Socket): Socket {
  // A reset before the hand-over is the worker's to notice; without a listener it would be thrown here.
  socket.on("error", () => {});
  // Unset, node would keep a list of the worker's sockets in both processes, with messages about each close.
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

function isBare(value: unknown): value is BareConnection {
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
