/** The half of a server that lives in processes: it starts, is replaced, talks to its other processes, and stops. */
import { EventEmitter } from "node:events";
import type { AddressInfo } from "node:net";
import { Broadcasts } from "../cluster/ipc/channels.ts";
import type { LeaderTasks } from "../cluster/process/leader-tasks.ts";
import type { Lifecycle, ProcessRole, ReloadResult } from "../cluster/process/lifecycle.ts";
import type { ServerOptions, ServerSettings } from "../config/options.ts";
import { selectLogger } from "../config/select-logger.ts";
import { assertFunction, resolveServerSettings } from "../config/settings.ts";
import type { Logger } from "../log/logger.ts";
import type { PacketronEvents } from "./events.ts";
import { type AnswerTarget, PacketronDelegate } from "./packetron-delegate.ts";

/** Starts, stops and messages of a server; {@link Packetron} adds what answers requests. */
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
    this.settings = resolveServerSettings(options);
    this.log = selectLogger(options, this.settings);
    this.#delegate = new PacketronDelegate(this);
    this.#broadcasts = new Broadcasts(this.lifecycle.openChannel("packetron:broadcast"));
  }

  /** What answers requests; first used when the server starts. @internal */
  abstract get answerTarget(): AnswerTarget;

  /** @internal */
  protected get lifecycle(): Lifecycle {
    return this.#delegate.lifecycle;
  }

  /** @internal */
  protected get leaderTasks(): LeaderTasks {
    return this.#delegate.leaderTasks;
  }

  /**
   * Starts the server: in the primary it forks the workers and resolves when each of them is ready; in a worker, and
   * with one process, it resolves when it accepts connections. Calling it again gives the same promise.
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
   * Stops the server on all workers: no new connections, requests in flight finish within `drainTimeout`, then the
   * rest is cut. From a worker it asks the primary. Safe before `start()` and when called again; never rejects.
   *
   * @example
   * after(() => server.stop());
   */
  stop(): Promise<void> {
    this.#stopped ??= this.lifecycle.stop();
    return this.#stopped;
  }

  /**
   * Replaces the workers, one at a time, by new ones that run the file as it is on disk now. An old worker drains only
   * when its replacement has been ready for a second; if one is not, or never gets ready, the rest of the old workers
   * stay. From a worker it asks the primary, and resolves before that worker drains. During a reload one more is queued,
   * and further calls join that one. Never rejects.
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
   * run in workers, or in the one process, one after the other, before it listens; when one fails, the worker is not
   * used and `start()` rejects with its error.
   *
   * @throws PKT_OPTION_INVALID when it is no function; PKT_SERVER_ALREADY_READY when the process is ready already
   * @example
   * server.onReady(async () => {
   *   database = await connect();
   * });
   */
  onReady(task: () => unknown): this {
    assertFunction("onReady", task, "()");
    this.#delegate.hooks.onReady(task);
    return this;
  }

  /**
   * Adds a task for the end of this process's service: it runs in workers, or in the one process, when the last request
   * is answered or `drainTimeout` is over. The last one registered runs first. A task that fails is logged, and the others
   * run; they share what is left of `drainTimeout`, but get a second at least.
   *
   * @throws PKT_OPTION_INVALID when it is no function
   * @example
   * server.onStop(() => database.close());
   */
  onStop(task: () => unknown): this {
    assertFunction("onStop", task, "()");
    this.#delegate.hooks.onStop(task);
    return this;
  }

  /**
   * Aborts when this process stops taking connections, because the server stops or the worker is replaced: an answer
   * without an end, such as a stream of events, should end now; what has not ended within `drainTimeout` is cut.
   *
   * @example
   * server.drainSignal.addEventListener("abort", () => response.end(), { signal: request.signal });
   */
  get drainSignal(): AbortSignal {
    return this.#delegate.drainSignal;
  }

  /** What this process is: it serves by itself, supervises workers, or is one of them. */
  get role(): ProcessRole {
    return this.lifecycle.role;
  }

  /** Whether this is the process that the user started (true also with one process). */
  get isPrimary(): boolean {
    return this.role !== "worker";
  }

  /** The number of this worker, from 1; 0 in the process that the user started. */
  get workerId(): number {
    return this.lifecycle.workerId;
  }

  /** The bound port while listening, the configured one before. */
  get port(): number {
    return this.address()?.port ?? this.settings.port;
  }

  /** Where the server listens, the same in every process; `null` while it does not. */
  address(): AddressInfo | null {
    return this.#delegate.address();
  }

  /**
   * Sends a value to the listeners of a topic in every worker, this one included.
   *
   * @param value Anything the structured clone algorithm takes.
   * @throws PKT_CLUSTER_MESSAGE when it cannot be sent, or is larger than 1 MiB
   * @example
   * server.subscribe("user-changed", (id) => cache.delete(id));
   * server.broadcast("user-changed", request.params.id);
   */
  broadcast(topic: string, value: unknown): void {
    this.#broadcasts.send(topic, value);
  }

  /** Listens for broadcasts on a topic; returns the end of it. They reach workers; `from` is the sender's `workerId`. */
  subscribe(topic: string, listener: (value: unknown, from: number) => void): () => void {
    return this.#broadcasts.subscribe(topic, listener);
  }
}
