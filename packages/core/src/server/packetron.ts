/** The class `Packetron` has options and routes. Its base class `ServerLifecycle` starts and stops the server. */

import { definePlaceholders } from "../capability/placeholders.ts";
import { isPrinted } from "../cluster/ipc/error-report.ts";
import type { LeaderTask } from "../cluster/process/leader-tasks.ts";
import { PacketronServerFlags } from "../config/flags.ts";
import type { ServerOptions } from "../config/options.ts";
import { assertFunction } from "../config/settings.ts";
import { assertTls } from "../config/tls.ts";
import type { ServerLoad } from "../connection/load.ts";
import { isPacketronError } from "../errors/errors.ts";
import { beginAtCaller, fromCaller } from "../errors/misuse.ts";
import type { InjectedAnswer, InjectOptions } from "../inject/inject.ts";
import { limiterOf } from "../log/limiter.ts";
import { Fault, type FaultOf } from "../message/client-fault.ts";
import { failRequest } from "../message/fail.ts";
import { createIpReader } from "../message/ip.ts";
import { createOriginReader, type Origin } from "../message/origin.ts";
import type { ErrorHandler } from "../message/refusal.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { createPeerTrust, type ForwardedRequest } from "../message/trust.ts";
import type { RouteDescription } from "../routing/describe.ts";
import type { GroupOptions } from "../routing/group-options.ts";
import type { PacketronRoute } from "../routing/route.ts";
import { RouteGroup } from "../routing/route-group.ts";
import type { Handler, RouteOptions, SchemasOfRoute } from "../routing/route-options.ts";
import type { SharedState } from "../shared/shared-state.ts";
import { emitError } from "./events.ts";
import { RequestPipeline } from "./request-pipeline.ts";
import { ServerLifecycle } from "./server-lifecycle.ts";

/**
 * A multi-process HTTP server.
 *
 * The program runs in the primary and in every worker: construct the same servers and routes in all of them.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN, PKT_FLAG_UNKNOWN, PKT_FLAG_UNCLAIMED for options and flags;
 *   PKT_CAPABILITY_* and PKT_FLAG_CONFLICT for capabilities. Each message says what arrived and what to do.
 * @example
 * const server = new Packetron({ port: 3000, capabilities: [bodyJson()] });
 * server.handle({ routePath: "api/status", handler: (request, response) => response.sendJson({ status: "ok" }) });
 * await server.start();
 */
export class Packetron extends ServerLifecycle {
  /**
   * Counts the open connections, the requests in flight and the answered requests of this process. The object stays the
   * same and its numbers change; reading them costs nothing.
   *
   * @example
   * if (server.load.inFlight > 500) postpone();
   */
  readonly load: ServerLoad;
  /**
   * Returns the address of the client of a request. The option `trustProxy` says which proxies are trusted. @internal
   */
  readonly readIp: (request: ForwardedRequest) => string;
  /** Returns the host that the client has asked for, and whether its connection is encrypted. @internal */
  readonly readOrigin: (request: ForwardedRequest) => Origin;
  /** Whether the option `trustProxy` trusts the peer that sent a request. @internal */
  readonly isPeerTrusted: (request: ForwardedRequest) => boolean;
  /** The handler that the program has set with {@link onError}. @internal */
  errorHandler: ErrorHandler | null = null;
  readonly #pipeline: RequestPipeline;

  static {
    definePlaceholders("server", Packetron.prototype);
  }

  constructor(options: ServerOptions = {}) {
    super(options);
    this.#pipeline = new RequestPipeline(this, this.lifecycle);
    this.load = this.#pipeline.load;
    try {
      this.readIp = createIpReader(this.settings.trustProxy, this.log);
      this.readOrigin = createOriginReader(this.settings.trustProxy);
      this.isPeerTrusted = createPeerTrust(this.settings.trustProxy);
      // A primary with workers never serves, and saves the memory of TLS.
      if (this.settings.tls !== undefined && this.role !== "primary") assertTls(this.settings.tls);
      this.#pipeline.install(options);
    } catch (error) {
      // After a failed constructor, the primary must not wait for this server. In a worker, stop() would stop all
      // workers.
      if (this.role !== "worker") void this.lifecycle.stop();
      throw beginAtCaller(error, new.target);
    }
    if (this.#has(PacketronServerFlags.START_IMMEDIATELY)) setImmediate(() => this.#startOrFail());
  }

  /**
   * Registers a route; the same method and path again replaces the earlier one, with a warning. Routes can be added and
   * removed while the server runs.
   *
   * @typeParam Path The path, from which `request.params` gets its type.
   * @typeParam Schema The schemas of the route, from which a capability such as `@packetron/validate` types the request.
   * @returns The route, with a method `remove()`.
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
  handle<const Path extends string, Schema extends SchemasOfRoute = null>(
    options: RouteOptions<Path, Schema>,
  ): PacketronRoute {
    const route = fromCaller(this.handle, () => this.#pipeline.createRoute(options, true));
    const replaced = this.#pipeline.router.add(route);
    if (replaced !== undefined)
      this.log.warn({ route: String(route) }, "route registered twice: the last one wins");
    return route;
  }

  /**
   * Makes a group of routes with a common path prefix and common options, such as `plugins`. They are defaults: `handle()`
   * of the group merges them with the options of the route, and calls `server.handle()`.
   *
   * @throws PKT_ROUTE_PATH, PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN, PKT_FLAG_UNKNOWN, PKT_FLAG_UNCLAIMED. The message
   *   names the group.
   * @example
   * const api = server.group({ prefix: "v1", plugins: [auth], flags: PacketronHandlerFlags.JSON_BODY });
   * api.handle({ routePath: "users/:id", handler }); // GET /v1/users/:id
   */
  group<const Prefix extends string = "", Schema extends SchemasOfRoute = null>(
    options: GroupOptions<Prefix, Schema>,
  ): RouteGroup<Prefix, Schema> {
    const { registry, router } = this.#pipeline;
    const context = { server: this, registry, routes: () => router.routes() };
    return fromCaller(this.group, () => new RouteGroup(options, context));
  }

  /**
   * Describes every route of this process: its flags, size limits and options by name, and the gates that a request
   * passes, in order. Served files are not in the list, because they are looked up for each request.
   *
   * @example
   * for (const { method, path, gates } of server.routes()) console.log(method, path, gates.map(({ owner }) => owner));
   */
  routes(): RouteDescription[] {
    return this.#pipeline.describeRoutes();
  }

  /**
   * Sends a request to this server inside the process, and returns the whole answer: for tests, without `start()`, without
   * a port, and without worker processes.
   *
   * The request passes the parser, the gates and the routes of any request, and comes from 127.0.0.1. The tasks of
   * `onReady()` and `onLeader()` do not run. Nothing stays open after the answer. Works before and after `start()`, in
   * every process, until {@link stop} has ended.
   *
   * @returns The status, the headers by lower-case name, and the body: `text()`, `json()`, `bytes()`. Rejects with the
   *   reason of `signal` when it aborts, and with Node's `ECONNRESET` when the server cuts the connection.
   * @throws PKT_SERVER_STOPPED after `stop()`; PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN for a wrong option;
   *   PKT_SERVER_LISTEN when no private Unix socket can be opened in the temporary directory
   * @example
   * const answer = await server.inject({ method: "POST", path: "orders", body: { item: 7 } });
   * assert.equal(answer.status, 201);
   * assert.deepEqual(answer.json(), { id: 1 });
   */
  inject(options: InjectOptions): Promise<InjectedAnswer> {
    return this.#pipeline.injections.inject(options);
  }

  /**
   * Sends a request to this server inside the process, as {@link inject} does, in the words of the fetch standard. Resolves
   * when the head of the answer has arrived; the body of the response is a stream. Only the path, the query and the host of
   * the URL count. Redirects are not followed, and bodies are not decoded. Up to 1 MiB of a body is read ahead; read or cancel
   * a body that is larger or has no end, because it keeps the process alive.
   *
   * @returns Rejects, or ends the body of the response with an error, as {@link inject} rejects.
   * @throws PKT_SERVER_STOPPED after `stop()`; PKT_OPTION_INVALID when `request` is not a `Request`; PKT_SERVER_LISTEN when
   *   no private Unix socket can be opened in the temporary directory
   * @example
   * const response = await server.fetch(new Request("http://localhost/orders/7"));
   * assert.deepEqual(await response.json(), { item: 7 });
   */
  fetch(request: Request): Promise<Response> {
    return this.#pipeline.injections.fetch(request);
  }

  /**
   * Values and locks that all workers share: each call has the same effect with one worker and with many. Without a package
   * for several machines they live in the memory of the primary, bounded by `sharedMemoryLimit`, and end with the program.
   * Works without `start()`, too, in this process alone. Nothing is loaded or sent before the first call.
   *
   * @example
   * const visits = await server.shared.add("visits", 1);
   * await server.shared.lock("report", async (signal, token) => writeReport({ signal, token }));
   */
  get shared(): SharedState {
    return this.#pipeline.sharing.state;
  }

  /**
   * Sets the handler of requests for paths without a route; by default such requests get a 404 with a problem document,
   * or the answer of {@link onError}. The gates of the server, such as global plugins, run before the handler. The status
   * is 404 unless the handler sets another status.
   *
   * @throws PKT_OPTION_INVALID when `handler` is not a function
   * @example
   * server.onNotFound((request, response) => response.sendJson({ error: `nothing at ${request.path}` }));
   */
  onNotFound(handler: Handler): this {
    fromCaller(this.onNotFound, () => assertFunction("onNotFound", handler, "(request, response)"));
    this.#pipeline.dispatcher.noRoute.notFound = handler;
    return this;
  }

  /**
   * Sets the handler that gives all errors of the server their form. It is asked when a handler or gate has failed before
   * it answered, and for each request that Packetron refuses: 400, 404, 405, 413, 415, 429, 503 and so on. The error is
   * what was thrown, or one with a code that says why the request is refused. For a 404, the handler of
   * {@link onNotFound} comes first.
   *
   * The status and headers such as `Allow` and `Retry-After` are set by then, and the `send` methods keep them.
   * Unexpected errors are logged in any case. If the handler ends without an answer, or fails, the client gets a small
   * problem document, see `errorBodies`.
   *
   * @throws PKT_OPTION_INVALID when `handler` is not a function
   * @example
   * server.onError((error, request, response) => {
   *   response.sendJson({ error: isPacketronError(error) ? error.code : "INTERNAL" }); // with the status that is set
   * });
   */
  onError(handler: ErrorHandler): this {
    fromCaller(this.onError, () => assertFunction("onError", handler, "(error, request, response)"));
    this.errorHandler = handler;
    return this;
  }

  /**
   * Adds a task that runs in exactly one worker, or in the only process: a timer, a queue consumer, a report. With a package
   * for several machines it runs in one worker of all machines.
   *
   * The signal aborts when that worker drains, or can no longer prove that it leads; the task should end at the abort.
   * `lease.token` is larger than the token of each former leader: a database that refuses a smaller one is safe from the
   * writes of a leader that was paused. Another worker starts the task only
   * when it has ended, or when the process has exited. A task that returns is complete until another worker becomes the
   * leader. A task that throws is logged, emitted as `error`, and started again after `restartBackoff`, which doubles
   * each time. Tasks may be added at any time, and run concurrently.
   *
   * @throws PKT_OPTION_INVALID when `task` is not a function
   * @example
   * server.onLeader(async (signal) => {
   *   for await (const _ of setInterval(60_000, undefined, { signal })) await sendReport();
   * });
   */
  onLeader(task: LeaderTask): this {
    fromCaller(this.onLeader, () => assertFunction("onLeader", task, "(signal, lease)"));
    this.leadership.add(task);
    return this;
  }

  /**
   * Reports an unexpected error: logs it, emits `error` when there are listeners, and ends this process with
   * STOP_ON_ERROR if the error is the server's fault. A shortage of file descriptors or disk space is logged at most
   * once a second, because clients can cause it, and does not end the process.
   *
   * @internal
   */
  reportError(error: unknown, message: string, fields: object = {}, fault: FaultOf = Fault.SERVER): void {
    if (fault === Fault.SHORTAGE)
      limiterOf(this)(fault, (leftOut) => this.log.error({ err: error, ...fields, leftOut }, message));
    else this.log.error({ err: error, ...fields }, message);
    emitError(this, error);
    if (fault !== Fault.SERVER || !this.#has(PacketronServerFlags.STOP_ON_ERROR)) return;
    if (this.role === "single") process.exitCode = 1; // so that a process manager sees why the process ended
    void this.lifecycle.retire();
  }

  /** Answers a request that failed in code whose promise the handler does not return, such as a callback. @internal */
  failRequest(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
    failRequest(error, request, response);
  }

  /** The part of the server that answers requests. @internal */
  get answerTarget(): RequestPipeline {
    return this.#pipeline;
  }

  #has(flag: number): boolean {
    return (this.settings.flags & flag) !== 0;
  }

  /**
   * Starts for START_IMMEDIATELY, where no caller awaits the start. A failure is an `error` event; without a listener,
   * the process logs the failure and exits with code 1.
   */
  async #startOrFail(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      // Not a failure: a signal, another process or stop() has ended the start.
      if (isPacketronError(error, "PKT_SERVER_STOPPED")) return;
      if (this.listenerCount("error") > 0) return void this.emit("error", error);
      if (!isPrinted(error)) this.log.error({ err: error }, "the server could not start");
      process.exit(1);
    }
  }
}
