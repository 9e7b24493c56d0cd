/** Accepts connections in a worker ("reuse-port"): from its own socket of the port, and from sockets that it adopts. */
import { createServer, type Server } from "node:net";
import type { Logger } from "../../log/logger.ts";
import { receiveConnection, SOCKET_OPTIONS, takeConnections } from "../../node/raw-connection.ts";
import { isPortSocket, type PortSocket } from "../../node/reuse-port.ts";
import { acceptBacklog, logAcceptErrors } from "../ports/accept.ts";
import { type ListenOptions, listenOn } from "../ports/bind.ts";
import type { HttpListener } from "../process/lifecycle.ts";

/** Where a server listens, without its flags. */
type ListenAddress = Omit<ListenOptions, "flags">;

/** The listening sockets of one server in this worker. Empty if the primary accepts and hands connections over. */
export class WorkerListener {
  readonly #log: Logger;
  readonly #servers = new Map<number, Server>();
  #ownSocket: PortSocket | undefined;
  #closed = false;
  #accepted = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Keeps the worker's own socket until `listen()`; ignores a handle that is not a socket of the port. */
  setOwnSocket(handle: unknown): void {
    if (isPortSocket(handle)) this.#ownSocket = handle;
  }

  /**
   * Accepts from the worker's own socket, if it has one.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN
   */
  async listen(slot: number, place: Omit<ListenAddress, "flags">, listener: HttpListener): Promise<void> {
    const socket = this.#ownSocket;
    this.#ownSocket = undefined;
    if (socket !== undefined) await this.#listen(slot, socket, place, listener);
  }

  /** Accepts from the socket of a slot, unless this worker accepts from it already, drains, or has no http server. */
  adopt(
    slot: number,
    handle: unknown,
    place: Omit<ListenAddress, "flags">,
    listener: HttpListener | undefined,
  ): void {
    if (!isPortSocket(handle)) return;
    if (listener === undefined || this.#closed || this.#servers.has(slot)) return handle.close();
    void this.#listen(slot, handle, place, listener).catch((error: unknown) =>
      this.#log.error({ err: error, slot }, `this worker could not accept from the socket of slot ${slot}`),
    );
  }

  /** Stops accepting from the socket of a slot. Another worker accepts from it, and serves its backlog. */
  stopListening(slot: number): void {
    this.#servers.get(slot)?.close();
    this.#servers.delete(slot);
  }

  /** Accepts the backlogs of all sockets, then closes the sockets. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ownSocket?.close();
    if (this.#servers.size > 0) await acceptBacklog(() => this.#accepted);
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  #listen(
    slot: number,
    socket: PortSocket,
    place: Omit<ListenAddress, "flags">,
    listener: HttpListener,
  ): Promise<void> {
    const server = createServer({ allowHalfOpen: true, ...SOCKET_OPTIONS });
    this.#servers.set(slot, server);
    server.once("listening", () => {
      server.on("error", logAcceptErrors(this.#log));
      takeConnections(server, (connection) => {
        this.#accepted += 1;
        const received = receiveConnection(connection);
        if (received !== undefined) listener.accept(received);
      });
    });
    return listenOn(server, socket, place);
  }
}
