/** The class a user holds: options, routes, start and stop. Everything here happens at construction time or rarely. */
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Application } from "./application.ts";
import { Broadcasts } from "./cluster/broadcasts.ts";
import { createLifecycle, type Lifecycle, type Member, type ProcessRole } from "./cluster/lifecycle.ts";
import { isPacketronError } from "./errors.ts";
import { type PacketronEvents, tellError } from "./events.ts";
import { PacketronServerFlags } from "./flags.ts";
import type { Logger } from "./log.ts";
import { chooseLogger } from "./logging/choose.ts";
import type { RouteOptions, ServerOptions, ServerSettings } from "./options.ts";
import type { ErrorHandler } from "./request/dispatch.ts";
import { createIpReader } from "./request/ip.ts";
import type { PacketronRequest } from "./request/request.ts";
import type { PacketronResponse } from "./request/response.ts";
import type { Stage } from "./routing/compose.ts";
import type { PacketronRoute } from "./routing/route.ts";
import { assertFunction, resolveServerSettings } from "./settings.ts";

/** Servers made so far in this process: primary and workers count alike, so the ordinal names the same server in all. */
let constructed = 0;

/**
 * A multi-process HTTP server.
 *
 * The program runs in the primary and in every worker: construct the same servers and routes in all of them.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN, PKT_FLAG_UNKNOWN, PKT_FLAG_UNCLAIMED for options and flags;
 *   PKT_CAPABILITY_* and PKT_FLAG_CONFLICT for capabilities. Each names what arrived and the cure.
 * @example
 * const server = new Packetron({ port: 3000, capabilities: [bodyJson()] });
 * server.handle({ routePath: "api/status", handler: (request, response) => response.sendJson({ status: "ok" }) });
 * await server.start();
 */
export class Packetron extends EventEmitter<PacketronEvents> {
  /** The options with every default filled in. */
  readonly settings: ServerSettings;
  /** Where the server's log lines go. */
  readonly log: Logger;
  /** The client's address, believing proxies as `trustProxy` says. @internal */
  readonly readIp: (request: IncomingMessage) => string;

  readonly #application: Application;
  readonly #lifecycle: Lifecycle;
  readonly #broadcasts: Broadcasts;
  #address: AddressInfo | null = null;
  #started: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: ServerOptions = {}) {
    super();
    this.settings = resolveServerSettings(options);
    this.log = chooseLogger(options, this.settings);
    this.readIp = createIpReader(this.settings.trustProxy, this.log);
    this.#lifecycle = createLifecycle(this.#member());
    this.#broadcasts = new Broadcasts(this.#lifecycle.openChannel("packetron:broadcast"));
    this.#application = new Application(this);
    try {
      this.#application.install(options, (name) => this.#lifecycle.openChannel(name));
    } catch (error) {
      // The supervisor must not wait for a server that is not to be. But a worker's stop() would stop the others, too.
      if (this.role !== "worker") void this.#lifecycle.stop();
      throw error;
    }
    if (this.#has(PacketronServerFlags.START_IMMEDIATELY)) setImmediate(() => this.#startOrFail());
  }

  /**
   * Registers a route; the same method and path again replaces the earlier one, with a warning. Routes can be added and
   * removed while the server runs.
   *
   * @returns The route; its `remove()` takes it away.
   * @throws PKT_ROUTE_PATH, PKT_ROUTE_HANDLER, PKT_ROUTE_METHOD, PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN,
   *   PKT_FLAG_UNKNOWN, PKT_FLAG_UNCLAIMED
   * @example
   * server.handle({
   *   method: PacketronRequestMethod.POST,
   *   routePath: "users/:id",
   *   flags: PacketronHandlerFlags.JSON_BODY,
   *   maxRequestSizeInBytes: 64 * 1024,
   *   handler: async (request, response) => response.sendJson({ id: request.params.id, body: await request.getBody() }),
   * });
   */
  handle<const Path extends string>(options: RouteOptions<Path>): PacketronRoute {
    const route = this.#application.createRoute(options);
    const replaced = this.#application.router.add(route);
    if (replaced !== undefined)
      this.log.warn({ route: String(route) }, "route registered twice: the last one wins");
    return route;
  }

  /**
   * Answers requests for paths that no route has, instead of an empty 404. Server gates have run before it; the status
   * is 404 unless the handler sets another.
   *
   * @throws PKT_OPTION_INVALID when it is no function
   * @example
   * server.onNotFound((request, response) => response.sendJson({ error: `nothing at ${request.path}` }));
   */
  onNotFound(handler: Stage): this {
    assertFunction("onNotFound", handler, "(request, response)");
    this.#application.dispatcher.notFound = handler;
    return this;
  }

  /**
   * Answers after an error in a handler or gate that has not answered yet, instead of an empty answer. The status is
   * that of the error, 500 when it has none, unless the handler sets another; unexpected errors are logged all the
   * same. When the handler is done without having answered, the empty answer goes out.
   *
   * @throws PKT_OPTION_INVALID when it is no function
   * @example
   * server.onError((error, request, response) => response.sendJson({ error: "try again later" }));
   */
  onError(handler: ErrorHandler): this {
    assertFunction("onError", handler, "(error, request, response)");
    this.#application.dispatcher.onError = handler;
    return this;
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
    this.#started ??= this.#lifecycle.start().then(() => {});
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
    this.#stopped ??= this.#lifecycle.stop();
    return this.#stopped;
  }

  /** What this process is: it serves by itself, supervises workers, or is one of them. */
  get role(): ProcessRole {
    return this.#lifecycle.role;
  }

  /** Whether this is the process that the user started (true also with one process). */
  get isPrimary(): boolean {
    return this.role !== "worker";
  }

  /** The number of this worker, from 1; 0 in the process that the user started. */
  get workerId(): number {
    return this.#lifecycle.workerId;
  }

  /** The bound port while listening, the configured one before. */
  get port(): number {
    return this.#address?.port ?? this.settings.port;
  }

  /** Where the server listens, the same in every process; `null` while it does not. */
  address(): AddressInfo | null {
    return this.#address;
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

  /** An unexpected error: logged, emitted when somebody listens, and the end of this process with STOP_ON_ERROR. @internal */
  reportError(error: unknown, message: string): void {
    this.log.error({ err: error }, message);
    tellError(this, error);
    if (!this.#has(PacketronServerFlags.STOP_ON_ERROR)) return;
    if (this.role === "single") process.exitCode = 1; // whoever runs the process is to see why it ended
    void this.#lifecycle.retire();
  }

  /** Answers a request that failed outside its handler's promise. @internal */
  failRequest(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
    this.#application.dispatcher.fail(error, request, response);
  }

  #has(flag: number): boolean {
    return (this.settings.flags & flag) !== 0;
  }

  #member(): Member {
    return {
      key: `${++constructed}:${this.settings.host}:${this.settings.port}`,
      settings: this.settings,
      log: this.log,
      createServing: () => this.#application.createServing(),
      listeningAt: (address) => {
        this.#address = address;
      },
      failed: (error) => tellError(this, error),
      run: (stage) => this.#run(stage),
      draining: () => {
        this.#application.draining();
        this.emit("draining");
      },
    };
  }

  async #run(stage: "starting" | "listening" | "stopped"): Promise<void> {
    await this.#application.run(stage);
    if (stage === "listening" && this.#address !== null) this.emit("listening", this.#address);
    if (stage === "stopped") {
      this.#address = null;
      this.emit("stopped");
    }
  }

  /** START_IMMEDIATELY has nobody to reject to: an `error` event, or a log line and exit code 1. */
  async #startOrFail(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      // A signal, another process or stop() wanted it so: the end of a start, not a failure.
      if (isPacketronError(error, "PKT_SERVER_STOPPED")) return;
      if (this.listenerCount("error") > 0) return void this.emit("error", error);
      this.log.error({ err: error }, "the server could not start");
      process.exit(1);
    }
  }
}
