/** Binds a port, in the process that owns the port. */
import type { AddressInfo, Server } from "node:net";
import { PacketronServerFlags } from "../../config/flags.ts";
import type { SocketSettings } from "../../config/options.ts";
import { coreError, type PacketronError } from "../../errors/errors.ts";
import { errorCode, errorReason } from "../../errors/narrow.ts";
import { fs } from "../../node/modules.ts";
import type { PortSocket } from "../../node/reuse-port.ts";
import { removeStaleSocket } from "./stale-socket.ts";

/** The port that a server listens on. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** How many connections may wait until the server accepts them. */
  readonly backlog: number;
  /** The flags of the server; `listen()` reads only TRY_NEXT_PORT. */
  readonly flags: number;
}

/** How many ports TRY_NEXT_PORT tries, the first one included. */
export const MAX_TRIES = 100;

const LAST_PORT = 65_535;

/**
 * Makes the server listen on its Unix socket, or else on its port.
 *
 * @returns The bound address. That of a Unix socket has the path as `address`, the family "Unix" and the port 0.
 * @throws PKT_SERVER_PORT_IN_USE, which names the port or the path; PKT_SERVER_LISTEN for every other reason.
 */
export function listen(
  server: Server,
  options: ListenOptions & { readonly socket: SocketSettings | undefined },
): Promise<AddressInfo> {
  const { socket } = options;
  return socket === undefined
    ? listenOnPort(server, options)
    : listenOnSocket(server, socket, options.backlog);
}

/**
 * Makes the server listen on a port. If the port is in use and TRY_NEXT_PORT is set, the server listens on the next free
 * port.
 *
 * @returns The bound address.
 * @throws PKT_SERVER_PORT_IN_USE, which names the port; PKT_SERVER_LISTEN for every other reason.
 */
export async function listenOnPort(
  server: Server,
  { host, port, backlog, flags }: ListenOptions,
): Promise<AddressInfo> {
  const ports = candidatePorts(port, (flags & PacketronServerFlags.TRY_NEXT_PORT) !== 0);
  let failure: unknown;
  for (const candidate of ports) {
    try {
      await listenOnce(server, { host, port: candidate }, backlog);
      return boundAddress(server);
    } catch (error) {
      if (errorCode(error) !== "EADDRINUSE") throw listenError(error, `${host}:${candidate}`);
      failure = error;
    }
  }
  const tried = ports.length === 1 ? "" : `, and so are the ports up to ${ports.at(-1)}`;
  throw portInUse({ host, port }, failure, tried);
}

/**
 * Makes the server listen on a Unix socket. Replaces a file at the path that a killed program has left. Node removes the
 * file when the server closes.
 */
async function listenOnSocket(
  server: Server,
  { path, mode }: SocketSettings,
  backlog: number,
): Promise<AddressInfo> {
  try {
    await listenOnce(server, { path }, backlog).catch(async (error: unknown) => {
      const isFree = errorCode(error) === "EADDRINUSE" && (await removeStaleSocket(path));
      if (!isFree) throw error;
      await listenOnce(server, { path }, backlog);
    });
    if (mode !== undefined) fs.chmodSync(path, mode);
    return socketAddress(path);
  } catch (error) {
    if (server.listening) server.close();
    if (errorCode(error) !== "EADDRINUSE") throw listenError(error, path);
    const place = `The socket ${path}`;
    throw coreError("PKT_SERVER_PORT_IN_USE", { place, tried: "", cure: "or choose another path" }, error);
  }
}

/**
 * Makes the server listen on a socket that is bound to host and port already. Without the backlog, Node would set the
 * socket back to 511 waiting connections.
 *
 * @throws PKT_SERVER_PORT_IN_USE when another program has taken the port since; PKT_SERVER_LISTEN for every other
 *   reason.
 */
export async function listenOn(
  server: Server,
  socket: PortSocket,
  { host, port, backlog }: Omit<ListenOptions, "flags">,
): Promise<void> {
  try {
    await listenOnce(server, socket, backlog);
  } catch (error) {
    if (errorCode(error) !== "EADDRINUSE") throw listenError(error, `${host}:${port}`);
    throw portInUse({ host, port }, error);
  }
}

/** Lists the ports to try, in order. Port 0 lets the system choose, so it has no next port. */
export function candidatePorts(port: number, tryNext: boolean): number[] {
  const tries = tryNext && port !== 0 ? Math.min(MAX_TRIES, LAST_PORT - port + 1) : 1;
  return Array.from({ length: tries }, (_, index) => port + index);
}

function listenOnce(
  server: Server,
  where: { host: string; port: number } | { path: string } | PortSocket,
  backlog: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      server.off("listening", onListening);
      server.off("error", settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onListening = (): void => settle();
    server.once("listening", onListening);
    server.once("error", settle);
    server.listen(where, backlog);
  });
}

function boundAddress(server: Server): AddressInfo {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error(`the address is ${address}`);
  return address;
}

/** The address of a server on a Unix socket. */
export function socketAddress(path: string): AddressInfo {
  return { address: path, family: "Unix", port: 0 };
}

/**
 * Makes PKT_SERVER_PORT_IN_USE for a port.
 *
 * @param tried Which further ports are in use, as the end of a sentence.
 */
export function portInUse(
  { host, port }: Pick<ListenOptions, "host" | "port">,
  cause?: unknown,
  tried = "",
): PacketronError {
  const place = `Port ${port} on ${host}`;
  const cure = "choose another port, or set PacketronServerFlags.TRY_NEXT_PORT";
  return coreError("PKT_SERVER_PORT_IN_USE", { place, tried, cure }, cause);
}

function listenError(error: unknown, place: string): PacketronError {
  return coreError("PKT_SERVER_LISTEN", { place, reason: errorReason(error) }, error);
}
