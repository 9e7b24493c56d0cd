/** What one worker does for one server, from the invitation to the end of its drain. */
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import type { RawConnection } from "../../node/raw-connection.ts";
import type { PortSocket } from "../../node/reuse-port.ts";
import type { PortWorker } from "../ports/port.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** How long after a connection was handed over the worker is asked how far it has read, in milliseconds. */
const PROBE_AFTER = 1_000;

/** A worker of one server; the port hands connections over to it. */
export class ServerAssignment implements PortWorker {
  readonly worker: WorkerProcess;
  readonly #key: string;
  /** Whether `start()` has finished in the worker. */
  ready = false;
  /** Whether the port hands connections over to it. */
  admitted = false;
  /** Resolves with whether everything was drained; set once the worker has been ordered to stop. */
  drained: Deferred<boolean> | undefined;
  #lastConnection = 0;
  /** Set while a probe is due or unanswered. */
  #probe: NodeJS.Timeout | undefined;

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

  /** Records the answer to a probe. */
  probed(connection: number): void {
    this.#probe = undefined;
    if (this.#lastConnection > connection) this.#probeSoon();
  }

  /** Orders the worker to stop. */
  stop(): Deferred<boolean> {
    this.drained = createDeferred<boolean>();
    this.worker.send({ type: "stop", key: this.#key });
    return this.drained;
  }

  /** Finds out, at most once a second, whether connections were lost on their way: messages arrive in order. */
  #probeSoon(): void {
    this.#probe ??= setTimeout(() => {
      this.worker.send({ type: "probe", key: this.#key, connection: this.#lastConnection });
    }, PROBE_AFTER).unref();
  }
}
