/**
 * Receives connections from the primary: acknowledges each connection before a byte of it is read, and counts the
 * closed connections.
 */
import { receiveConnection } from "../../node/raw-connection.ts";
import type { WorkerMessage } from "../ipc/messages.ts";
import type { HttpListener } from "../process/lifecycle.ts";

/** How long a report of closed connections waits, in milliseconds, so that one message reports several. */
const REPORT_DELAY = 5;

/**
 * The connections that the primary has handed to this worker for one server. From their number, the primary derives the
 * worker's load.
 */
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

  /**
   * Acknowledges a connection and serves it. If there is no listener, sends no acknowledgement, so the primary gives
   * the connection to another worker.
   */
  accept(connection: number, handle: unknown, listener: HttpListener | undefined): void {
    const socket = receiveConnection(handle);
    if (listener === undefined) {
      // The primary still owns the connection, because it gets no acknowledgement.
      socket?.destroy();
      return;
    }
    // Sent before the next turn of the event loop reads a byte: from then on only this process can answer.
    this.#reported = this.#closed;
    this.#timer?.refresh(); // while connections arrive, acknowledgements report the closed ones
    this.#send({ type: "accepted", key: this.#key, connection, closed: this.#closed });
    if (socket === undefined) return this.#countClosed(); // the client had reset the connection before
    socket.on("close", this.#countClosed);
    listener.accept(socket);
  }

  readonly #countClosed = (): void => {
    this.#closed += 1;
    this.#timer ??= setTimeout(this.#report, REPORT_DELAY).unref();
  };

  readonly #report = (): void => {
    this.#timer = undefined;
    if (this.#reported === this.#closed) return;
    this.#reported = this.#closed;
    this.#send({ type: "closed", key: this.#key, closed: this.#closed });
  };
}
