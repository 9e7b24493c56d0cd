/** The class a user holds: options and routes here, start and stop in the class that it extends. */

import type { LeaderTask } from "../cluster/process/leader-tasks.ts";
import { PacketronServerFlags } from "../config/flags.ts";
import type { ServerOptions } from "../config/options.ts";
import { assertFunction } from "../config/settings.ts";
import type { ServerLoad } from "../connection/load.ts";
import type { ErrorHandler } from "../dispatch/failure.ts";
import { isPacketronError } from "../errors/errors.ts";
import { createIpReader, createPeerTrust, type ForwardedRequest } from "../message/ip.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { RouteDescription } from "../routing/describe.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { Handler, RouteOptions } from "../routing/route-options.ts";
import { emitError } from "./events.ts";
import { RequestPipeline } from "./request-pipeline.ts";
import { ServerLifecycle } from "./server-lifecycle.ts";

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
export class Packetron extends ServerLifecycle {
  /**
   * How many connections are open in this process, how many requests are in flight, how many were answered. The object
   * stays the same and its numbers change; reading them costs nothing.
   *
   * @example
   * if (server.load.inFlight > 500) postpone();
   */
  readonly load: ServerLoad;
  /** The client's address, believing proxies as `trustProxy` says. @internal */
  readonly readIp: (request: ForwardedRequest) => string;
  /** Whether `trustProxy` believes the peer that sent a request. @internal */
  readonly isPeerTrusted: (request: ForwardedRequest) => boolean;
  readonly #pipeline: RequestPipeline;

  constructor(options: ServerOptions = {}) {
    super(options);
    this.readIp = createIpReader(this.settings.trustProxy, this.log);
    this.isPeerTrusted = createPeerTrust(this.settings.trustProxy);
    this.#pipeline = new RequestPipeline(this, this.lifecycle);
    this.load = this.#pipeline.load;
    try {
      this.#pipeline.install(options);
    } catch (error) {
      // The supervisor must not wait for a server that is not to be. But a worker's stop() would stop the others, too.
      if (this.role !== "worker") void this.lifecycle.stop();
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
    const route = this.#pipeline.createRoute(options);
    const replaced = this.#pipeline.router.add(route);
    if (replaced !== undefined)
      this.log.warn({ route: String(route) }, "route registered twice: the last one wins");
    return route;
  }

  /**
   * What this process would do with requests, in words: every route, with its flags, caps and options by name, and the
   * gates that a request passes, in order. Files that are served are no routes, they are looked up for each request.
   *
   * @example
   * for (const { method, path, gates } of server.routes()) console.log(method, path, gates.map(({ owner }) => owner));
   */
  routes(): RouteDescription[] {
    return this.#pipeline.describeRoutes();
  }

  /**
   * Answers requests for paths that no route has, instead of an empty 404. Server gates have run before it; the status
   * is 404 unless the handler sets another.
   *
   * @throws PKT_OPTION_INVALID when it is no function
   * @example
   * server.onNotFound((request, response) => response.sendJson({ error: `nothing at ${request.path}` }));
   */
  onNotFound(handler: Handler): this {
    assertFunction("onNotFound", handler, "(request, response)");
    this.#pipeline.dispatcher.noRoute.notFound = handler;
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
    this.#pipeline.dispatcher.failure.onError = handler;
    return this;
  }

  /**
   * Adds a task that runs in exactly one worker, or in the one process: a timer, a queue's consumer, a report. The signal
   * aborts when that worker drains, and the task should end then: another worker starts it only when it has, or when the
   * process is gone. A task that returns is done, until another worker leads; one that throws is logged, emitted as
   * `error`, and started again after `restartBackoff`, which doubles. It may be registered at any time; several run side
   * by side.
   *
   * @throws PKT_OPTION_INVALID when it is no function
   * @example
   * server.onLeader(async (signal) => {
   *   for await (const _ of setInterval(60_000, undefined, { signal })) await sendReport();
   * });
   */
  onLeader(task: LeaderTask): this {
    assertFunction("onLeader", task, "(signal)");
    this.leaderTasks.add(task);
    return this;
  }

  /**
   * Reports an unexpected error: logs it, emits `error` when there are listeners, and ends this process with STOP_ON_ERROR.
   *
   * @param counts Whether STOP_ON_ERROR counts it.
   * @internal
   */
  reportError(error: unknown, message: string, fields: object = {}, counts = true): void {
    this.log.error({ err: error, ...fields }, message);
    emitError(this, error);
    if (!counts || !this.#has(PacketronServerFlags.STOP_ON_ERROR)) return;
    if (this.role === "single") process.exitCode = 1; // so that a process manager sees why the process ended
    void this.lifecycle.retire();
  }

  /** Answers a request that failed outside its handler's promise. @internal */
  failRequest(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
    this.#pipeline.dispatcher.fail(error, request, response);
  }

  /** @internal */
  get answerTarget(): RequestPipeline {
    return this.#pipeline;
  }

  #has(flag: number): boolean {
    return (this.settings.flags & flag) !== 0;
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
