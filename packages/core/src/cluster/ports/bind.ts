/** Binds a port, in the process that owns the port. */
import type { AddressInfo, Server } from "node:net";
import { PacketronServerFlags } from "../../config/flags.ts";
import { coreError, type PacketronError } from "../../errors/errors.ts";
import { errorCode, errorReason } from "../../errors/narrow.ts";
import type { PortSocket } from "../../node/reuse-port.ts";

/** Where a server listens. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** The flags of the server; `listen()` reads only TRY_NEXT_PORT. */
  readonly flags: number;
}

/** How many ports TRY_NEXT_PORT tries, the first one included. */
export const MAX_TRIES = 100;

const LAST_PORT = 65_535;

/**
 * Makes the server listen. If the port is in use and TRY_NEXT_PORT is set, the server listens on the next free port.
 *
 * @returns The bound address.
 * @throws PKT_SERVER_PORT_IN_USE, which names the port; PKT_SERVER_LISTEN for every other reason.
 */
export async function listen(server: Server, { host, port, flags }: ListenOptions): Promise<AddressInfo> {
  const ports = candidatePorts(port, (flags & PacketronServerFlags.TRY_NEXT_PORT) !== 0);
  let failure: unknown;
  for (const candidate of ports) {
    try {
      return await listenOnce(server, { host, port: candidate });
    } catch (error) {
      if (errorCode(error) !== "EADDRINUSE") throw listenError(error, { host, port: candidate });
      failure = error;
    }
  }
  const tried = ports.length === 1 ? "" : `, and so are the ports up to ${ports.at(-1)}`;
  throw coreError("PKT_SERVER_PORT_IN_USE", { host, port, tried }, failure);
}

/**
 * Makes the server listen on a socket that is bound to host and port already.
 *
 * @throws PKT_SERVER_PORT_IN_USE when another program has taken the port since; PKT_SERVER_LISTEN for every other
 *   reason.
 */
export async function listenOn(
  server: Server,
  socket: PortSocket,
  { host, port }: Omit<ListenOptions, "flags">,
): Promise<void> {
  try {
    await listenOnce(server, socket);
  } catch (error) {
    if (errorCode(error) !== "EADDRINUSE") throw listenError(error, { host, port });
    throw coreError("PKT_SERVER_PORT_IN_USE", { host, port, tried: "" }, error);
  }
}

/** Lists the ports to try, in order. Port 0 lets the system choose, so it has no next port. */
export function candidatePorts(port: number, tryNext: boolean): number[] {
  const tries = tryNext && port !== 0 ? Math.min(MAX_TRIES, LAST_PORT - port + 1) : 1;
  return Array.from({ length: tries }, (_, index) => port + index);
}

function listenOnce(
  server: Server,
  where: { host: string; port: number } | PortSocket,
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      server.off("listening", onListening);
      server.off("error", settle);
      const address = server.address();
      if (error === undefined && typeof address === "object" && address !== null) resolve(address);
      else reject(error ?? new Error(`the address is ${address}`));
    };
    const onListening = (): void => settle();
    server.once("listening", onListening);
    server.once("error", settle);
    server.listen(where);
  });
}

function listenError(error: unknown, { host, port }: Omit<ListenOptions, "flags">): PacketronError {
  return coreError("PKT_SERVER_LISTEN", { host, port, reason: errorReason(error) }, error);
}
