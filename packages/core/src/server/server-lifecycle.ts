/** The part of a server that starts, reloads and stops the server, and sends messages between its processes. */
import { EventEmitter } from "node:events";
import type { AddressInfo } from "node:net";
import type { Lifecycle, ProcessRole, ReloadResult } from "../cluster/process/lifecycle.ts";
import type { ServerOptions, ServerSettings } from "../config/options.ts";
import { selectLogger } from "../config/select-logger.ts";
import { assertFunction, resolveServerSettings } from "../config/settings.ts";
import { fromCaller } from "../errors/misuse.ts";
import type { Logger } from "../log/logger.ts";
import { Broadcasts } from "./broadcasts.ts";
import type { PacketronEvents } from "./events.ts";
import type { Leadership } from "./leadership.ts";
import { type AnswerTarget, PacketronDelegate } from "./packetron-delegate.ts";

/** Start, reload, stop and messages of a server. {@link Packetron} adds routes and their answers. */
export abstract class ServerLifecycle extends EventEmitter<PacketronEvents> {
  /** The options with every default filled in. */
  readonly settings: ServerSettings;
  /** Where the server's log lines go. */
  readonly log: Logger;
  readonly #delegate: PacketronDelegate;
  readonly #broadcasts: Broadcasts;
  #started: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: ServerOptions) {
    super();
    this.settings = fromCaller(new.target, () => resolveServerSettings(options));
    this.log = selectLogger(options, this.settings);
    this.#delegate = new PacketronDelegate(this);
    this.#broadcasts = new Broadcasts(() => this.answerTarget.sharing.services("everywhere").bus);
  }

  /** The part of the server that answers requests. It is first used when the server starts. @internal */
  abstract get answerTarget(): AnswerTarget;

  /** The lifecycle in this process: that of a single process, a primary or a worker. @internal */
  protected get lifecycle(): Lifecycle {
    return this.#delegate.lifecycle;
  }

  /** Runs the tasks that the program adds with `onLeader()`. @internal */
  protected get leadership(): Leadership {
    return this.#delegate.leadership;
  }

  /**
   * Starts the server. In the primary, `start()` forks the workers and resolves when all workers are ready. In a
   * worker, and with one process, `start()` resolves when this process accepts connections. Further calls return the
   * same promise.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN, PKT_SERVER_STOPPED, PKT_CLUSTER_NOT_READY,
   *   PKT_CLUSTER_WORKER_DIED, PKT_CLUSTER_CRASH_LOOP
   * @example
   * await server.start();
   * if (server.isPrimary) console.log(`http://127.0.0.1:${server.port}`);
   */
  start(): Promise<void> {
    this.#started ??= this.lifecycle.start().then(() => {});
    return this.#started;
  }

  /**
   * Stops the server in all processes. It accepts no new connections, and requests in flight finish; after
   * `drainTimeout` the connections are cut. In a worker, `stop()` asks the primary to stop. `stop()` may be called
   * before `start()` and more than once, and never rejects.
   *
   * @example
   * after(() => server.stop());
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    await this.lifecycle.stop();
    this.#delegate.closing(); // a server that was never started has not drained
    await this.answerTarget.closeInjections(this.settings.drainTimeout);
  }

  /**
   * Replaces the workers, one at a time, by new ones that run the file as it is on disk now. An old worker drains only
   * when its replacement has been ready for `minReadyTime`. If a replacement fails before that, the remaining old
   * workers stay.
   *
   * In a worker, `reload()` asks the primary, and resolves before that worker drains. A call during a reload queues one
   * more reload; further calls return the result of the queued reload. Never rejects.
   *
   * @example
   * const result = await server.reload();
   * if (!result.ok) console.error(`still generation ${result.generation}: ${result.reason}`);
   */
  reload(): Promise<ReloadResult> {
    return this.lifecycle.reload();
  }

  /**
   * Adds a task that must be done before this process answers its first request: open the database, fill a cache. Tasks
   * run in workers, or in the only process, one after another, before it listens. When a task fails, the worker is not
   * used and `start()` rejects with its error.
   *
   * @throws PKT_OPTION_INVALID when `task` is not a function; PKT_SERVER_ALREADY_READY when the process is already
   *   ready
   * @example
   * server.onReady(async () => {
   *   database = await connect();
   * });
   */
  onReady(task: () => unknown): this {
    fromCaller(this.onReady, () => {
      assertFunction("onReady", task, "()");
      this.#delegate.hooks.onReady(task);
    });
    return this;
  }

  /**
   * Adds a task for the end of this process, such as closing the database. Tasks run in workers, or in the only
   * process, when the last request is answered or `drainTimeout` is over. The last task added runs first. The error of
   * a task is logged, and the remaining tasks run. Together the tasks have the rest of `drainTimeout`, and at least one
   * second.
   *
   * @throws PKT_OPTION_INVALID when `task` is not a function
   * @example
   * server.onStop(() => database.close());
   */
  onStop(task: () => unknown): this {
    fromCaller(this.onStop, () => assertFunction("onStop", task, "()"));
    this.#delegate.hooks.onStop(task);
    return this;
  }

  /**
   * Aborts when this process accepts no more connections, because the server stops or the worker is replaced. An answer
   * without an end, such as a stream of events, should end at the abort. After `drainTimeout` it is cut.
   *
   * @example
   * server.drainSignal.addEventListener("abort", () => response.end(), { signal: request.signal });
   */
  get drainSignal(): AbortSignal {
    return this.#delegate.drainSignal;
  }

  /**
   * The role of this process: `"single"` serves alone, `"primary"` supervises workers, `"worker"` serves under a
   * primary.
   */
  get role(): ProcessRole {
    return this.lifecycle.role;
  }

  /** Whether this is the process that the user started; also `true` with one process. */
  get isPrimary(): boolean {
    return this.role !== "worker";
  }

  /** The number of this worker, from 1; 0 in the process that the user started. */
  get workerId(): number {
    return this.lifecycle.workerId;
  }

  /** The port on which the server listens; before it listens, the port of the options; 0 on a Unix socket. */
  get port(): number {
    return this.address()?.port ?? (this.settings.socket === undefined ? this.settings.port : 0);
  }

  /**
   * The address on which the server listens, the same in every process; `null` while it does not listen. The address of
   * a Unix socket is `{ address: path, family: "Unix", port: 0 }`.
   */
  address(): AddressInfo | null {
    return this.#delegate.address();
  }

  /**
   * Sends a value to the listeners of a topic in every worker, this one included; with a package for several machines, also
   * in the workers of the other machines.
   *
   * @param value Anything the structured clone algorithm takes.
   * @throws PKT_CLUSTER_MESSAGE when it cannot be sent, or is larger than 1 MiB
   * @example
   * server.subscribe("user-changed", (id) => cache.delete(id));
   * server.broadcast("user-changed", request.params.id);
   */
  broadcast(topic: string, value: unknown): void {
    fromCaller(this.broadcast, () => this.#broadcasts.send(topic, value));
  }

  /**
   * Calls a listener with each broadcast on a topic. Broadcasts reach workers, and the only process, but not a primary.
   *
   * @param listener Gets the value and the `workerId` of the sender on its machine.
   * @returns A function that stops listening.
   */
  subscribe(topic: string, listener: (value: unknown, from: number) => void): () => void {
    return this.#broadcasts.subscribe(topic, listener);
  }
}
