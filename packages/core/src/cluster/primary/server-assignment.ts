/** The state of one worker for one server, from the invitation to the end of its drain. */
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import type { RawConnection } from "../../node/raw-connection.ts";
import type { PortSocket } from "../../node/reuse-port.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import type { PortWorker } from "../ports/port.ts";
import type { WorkerProcess } from "./worker-process.ts";

/**
 * How long after handing a connection over the primary sends a probe, which asks how far the worker has read, in
 * milliseconds.
 */
const PROBE_DELAY = 1_000;

/** How long a worker may take to say how many requests it answers, in milliseconds: a log line waits for it. */
const COUNT_TIMEOUT = 500;

/** One worker of one server, to which the port hands connections over. */
export class ServerAssignment implements PortWorker {
  readonly worker: WorkerProcess;
  readonly #key: string;
  /** Whether `start()` of the server has finished in the worker. */
  ready = false;
  /** Whether the port hands connections over to the worker. */
  admitted = false;
  /**
   * Resolves when the worker has drained, with false if a connection or task had to be cut. Set once the worker has
   * been ordered to drain.
   */
  drained: Deferred<boolean> | undefined;
  #lastConnection = 0;
  /**
   * The timer of the next probe, which asks how far the worker has read. The timer stays set until the worker has
   * answered.
   */
  #probe: NodeJS.Timeout | undefined;

  /** Resolves with the number of requests that the worker answers; set while the primary waits for the number. */
  #counted: Deferred<number> | undefined;

  /** @param key The key of the server. */
  constructor(worker: WorkerProcess, key: string) {
    this.worker = worker;
    this.#key = key;
  }

  get slot(): number {
    return this.worker.slot;
  }

  /** Whether the worker gets connections. */
  get isServing(): boolean {
    return this.admitted && this.drained === undefined;
  }

  handOver(connection: number, rawConnection: RawConnection): void {
    this.worker.send({ type: "connection", key: this.#key, connection }, rawConnection);
    this.#lastConnection = connection;
    this.#probeSoon();
  }

  adopt(slot: number, socket: PortSocket): void {
    this.worker.send({ type: "adopt", key: this.#key, slot }, socket);
  }

  stopListening(slot: number): void {
    this.worker.send({ type: "stop-listening", key: this.#key, slot });
  }

  /** Records the answer to a probe: the worker has read every message up to this connection. */
  probed(connection: number): void {
    this.#probe = undefined;
    if (this.#lastConnection > connection) this.#probeSoon();
  }

  /**
   * Asks the worker how many requests it answers now. The figure of the last heartbeat stands in for an answer that
   * does not arrive in time.
   */
  countInFlight(): Promise<number> {
    const { worker } = this;
    this.#counted ??= createDeferred();
    worker.send({ type: "count", key: this.#key });
    return withTimeLimit(this.#counted.promise, COUNT_TIMEOUT, () => worker.load.inFlight);
  }

  /** Records the worker's answer: how many requests it answers now. */
  counted(inFlight: number): void {
    this.#counted?.resolve(inFlight);
    this.#counted = undefined;
  }

  /** Orders the worker to drain the server within a time limit in milliseconds. */
  drain(timeoutMs: number): Deferred<boolean> {
    this.drained = createDeferred<boolean>();
    this.worker.send({ type: "drain", key: this.#key, timeoutMs });
    return this.drained;
  }

  /**
   * Sends a probe, at most once a second, to find out whether connections were lost. Messages arrive in order, so a
   * worker that answers has read every message that was sent before the probe.
   */
  #probeSoon(): void {
    this.#probe ??= setTimeout(() => {
      this.worker.send({ type: "probe", key: this.#key, connection: this.#lastConnection });
    }, PROBE_DELAY).unref();
  }
}
