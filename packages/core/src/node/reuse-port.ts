/**
 * Sockets that share one port (`SO_REUSEPORT`): the system spreads connections over the sockets that listen.
 *
 * The primary holds the sockets and the workers listen on them. So a socket outlives its worker, with every connection
 * in its queue. Node's public `listen()` cannot hold a socket without accepting from it. The private function
 * `_createServerHandle()` can, and `node:cluster` uses it for the sockets of its workers. If it is missing,
 * `reusePortWorks()` returns false.
 */
import net, { type AddressInfo, createServer, type Server } from "node:net";

/** A bound socket, which does not listen until a server listens on it. */
export interface PortSocket {
  getsockname(into: object): number;
  close(): void;
}

/** `UV_TCP_REUSEPORT` of libuv, part of its ABI. */
const REUSE_PORT = 2;

/**
 * Whether sockets can share a port on this system. Binds two sockets to a free port to find out, because the versions
 * of Node and of the system do not tell.
 */
export async function reusePortWorks(host: string): Promise<boolean> {
  if (typeof Reflect.get(net, "_createServerHandle") !== "function") return false;
  const first = createServer();
  const second = createServer();
  try {
    await listenShared(first, host, 0);
    const address = first.address();
    if (address === null || typeof address === "string") return false;
    await listenShared(second, host, address.port);
    return true;
  } catch {
    // Node before 22.12 ignores the option, so the second socket finds the port in use. macOS and Windows refuse the option.
    return false;
  } finally {
    first.close();
    second.close();
  }
}

/** Binds one more socket to an address; `undefined` when another program uses the address. */
export function bindShared({ address, port, family }: AddressInfo): PortSocket | undefined {
  const create: unknown = Reflect.get(net, "_createServerHandle");
  if (typeof create !== "function") return undefined;
  const parameters = [address, port, family === "IPv6" ? 6 : 4, undefined, REUSE_PORT];
  const socket: unknown = Reflect.apply(create, net, parameters);
  // A number is an error code. libuv reports EADDRINUSE at the next call on the socket, here getsockname().
  if (isPortSocket(socket) && socket.getsockname({}) === 0) return socket;
  if (isPortSocket(socket)) socket.close();
  return undefined;
}

/** Whether a handle that arrived with a message is a {@link PortSocket}. */
export function isPortSocket(value: unknown): value is PortSocket {
  return (
    typeof value === "object" &&
    value !== null &&
    "getsockname" in value &&
    typeof value.getsockname === "function" &&
    "close" in value &&
    typeof value.close === "function"
  );
}

function listenShared(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, reusePort: true }, resolve);
  });
}
