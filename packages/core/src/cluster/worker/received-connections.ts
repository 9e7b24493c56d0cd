/** Connections that the primary hands to this worker: acknowledged before a byte is read, and counted when they close. */
import { receiveConnection } from "../../node/raw-connection.ts";
import type { WorkerMessage } from "../ipc/messages.ts";
import type { HttpListener } from "../process/lifecycle.ts";

/** How long after a connection has closed the primary learns of it, in milliseconds: later ones join the report. */
const REPORT_AFTER = 5;

/** The handed connections of one server. Their number less the closed ones is the worker's load in the primary. */
export class ReceivedConnections {
  readonly #key: string;
  readonly #send: (message: WorkerMessage<"accepted" | "closed">) => void;
  #closed = 0;
  #reported = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param key The key of the server. */
  constructor(key: string, send: (message: WorkerMessage<"accepted" | "closed">) => void) {
    this.#key = key;
    this.#send = send;
  }

  /** Takes a connection over and serves it. Without a listener the primary gives it to another worker. */
  accept(connection: number, handle: unknown, listener: HttpListener | undefined): void {
    const socket = receiveConnection(handle);
    if (listener === undefined) {
      // Without an acknowledgement the connection stays the primary's.
      socket?.destroy();
      return;
    }
    // Before the next turn of the event loop reads from it: from here on only this process can answer it.
    this.#reported = this.#closed;
    this.#send({ type: "accepted", key: this.#key, connection, closed: this.#closed });
    if (socket === undefined) return this.#countClosed(); // the client had reset it before it was sent
    socket.on("close", this.#countClosed);
    listener.accept(socket);
  }

  readonly #countClosed = (): void => {
    this.#closed += 1;
    this.#timer ??= setTimeout(this.#report, REPORT_AFTER).unref();
  };

  readonly #report = (): void => {
    this.#timer = undefined;
    if (this.#reported === this.#closed) return;
    this.#reported = this.#closed;
    this.#send({ type: "closed", key: this.#key, closed: this.#closed });
  };
}
