/** The port of a server that workers serve; the primary owns it. */
import type { AddressInfo } from "node:net";
import type { ServerSettings } from "../../config/options.ts";
import type { Logger } from "../../log/logger.ts";
import type { RawConnection } from "../../node/raw-connection.ts";
import { type PortSocket, reusePortWorks } from "../../node/reuse-port.ts";
import { BalancedPort } from "./balanced-port.ts";
import { SharedPort } from "./shared-port.ts";
import type { ConnectionTarget } from "./worker-slot.ts";

/** What a port needs of a worker. */
export interface PortWorker extends ConnectionTarget<RawConnection> {
  /**
   * Makes the worker accept from the socket of this slot: its own socket, or the socket of a worker that has exited or
   * drains.
   */
  adopt(slot: number, socket: PortSocket): void;
  /** Makes the worker stop accepting from the socket of this slot. */
  stopListening(slot: number): void;
}

/** An open port, whose connections reach the workers. */
export interface ServerPort {
  readonly address: AddressInfo;
  /** Whether the port accepts connections. */
  readonly listening: boolean;
  /** How many accepted connections wait for a worker. */
  readonly waiting: number;
  /** How many accepted connections were closed so far because no worker could take them. */
  readonly unserved: number;
  /**
   * The socket of a slot, which the primary sends to the worker of the slot; `undefined` if the primary itself accepts,
   * if no socket could be opened, or if the port is closed.
   */
  socketFor(slot: number): PortSocket | undefined;
  /** Adds a worker that is ready for connections. */
  add(worker: PortWorker): void;
  /** Stops giving connections to a worker that is about to drain. */
  retire(worker: PortWorker): void;
  /** Removes a worker that has drained or exited. */
  remove(worker: PortWorker): void;
  /** Records that the worker owns the connection, and how many connections it has closed so far. */
  acknowledge(worker: PortWorker, connection: number, closed: number): void;
  /**
   * Records that the worker has read every message up to this connection, which shows whether an earlier connection was
   * lost.
   */
  probed(worker: PortWorker, connection: number): void;
  /** Records how many connections the worker has closed so far. */
  reportClosed(worker: PortWorker, closed: number): void;
  /** Closes the port. The workers still get every connection that clients have established. */
  close(): Promise<void>;
}

/**
 * Opens the port of a server that workers serve.
 *
 * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN
 */
export async function openPort(settings: ServerSettings, log: Logger): Promise<ServerPort> {
  const { distribution, socket } = settings;
  if (distribution === "sticky-ip" && socket !== undefined) {
    log.warn(
      { distribution },
      "clients of a Unix socket have no address to stick to: using LEAST_CONNECTIONS",
    );
    return BalancedPort.open(settings, "least-connections", log);
  }
  if (distribution !== "reuse-port") return BalancedPort.open(settings, distribution, log);
  if (await reusePortWorks(settings.host)) return SharedPort.open(settings, log);
  log.warn(
    { distribution },
    "this system or this Node cannot share a port (it takes SO_REUSEPORT and Node 22.12): using LEAST_CONNECTIONS",
  );
  return BalancedPort.open(settings, "least-connections", log);
}
