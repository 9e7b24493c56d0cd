/** A worker that accepts for itself ("reuse-port"): from its own socket of the port, and from those of dead workers. */
import { createServer, type Server } from "node:net";
import type { Logger } from "../../log/logger.ts";
import { receiveConnection, SOCKET_OPTIONS, takeConnections } from "../../node/raw-connection.ts";
import { isPortSocket, type PortSocket } from "../../node/reuse-port.ts";
import { logAcceptErrors, untilQuiet } from "../ports/listener.ts";
import { listenOn, type Place } from "../ports/port.ts";
import type { HttpListener } from "../process/lifecycle.ts";

/** The sockets of one server in this worker; none when the primary hands connections over. */
export class Accepting {
  readonly #log: Logger;
  readonly #servers = new Map<number, Server>();
  #invitation: PortSocket | undefined;
  #ended = false;
  #accepted = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** What came with the invitation: the worker's own socket, or nothing. */
  keep(handle: unknown): void {
    if (isPortSocket(handle)) this.#invitation = handle;
  }

  /**
   * Accepts from the socket that came with the invitation.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN
   */
  async begin(slot: number, place: Omit<Place, "flags">, listener: HttpListener): Promise<void> {
    const socket = this.#invitation;
    this.#invitation = undefined;
    if (socket !== undefined) await this.#listen(slot, socket, place, listener);
  }

  /** Accepts from one more socket, unless it does already. */
  adopt(
    slot: number,
    handle: unknown,
    place: Omit<Place, "flags">,
    listener: HttpListener | undefined,
  ): void {
    if (!isPortSocket(handle)) return;
    if (listener === undefined || this.#ended || this.#servers.has(slot)) return handle.close();
    void this.#listen(slot, handle, place, listener).catch((error: unknown) =>
      this.#log.error({ err: error }, "a worker could not accept from another one's socket"),
    );
  }

  /** Somebody else accepts from it now: what waits in it is theirs. */
  disown(slot: number): void {
    this.#servers.get(slot)?.close();
    this.#servers.delete(slot);
  }

  /** Accepts what clients have established, and nothing after it. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#invitation?.close();
    if (this.#servers.size > 0) await untilQuiet(() => this.#accepted);
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  #listen(
    slot: number,
    socket: PortSocket,
    place: Omit<Place, "flags">,
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
