/**
 * The capability contract: all that the author of a feature package must know. A capability is a name and an
 * `install()` function, which claims what the package needs from the host. This file only declares; `host.ts`
 * implements the host. `body-parser.ts` has the contract of body parsers. CONTRIBUTING.md has the packages of this
 * repository as examples.
 */

import type { FlagFamily, FlagsOf } from "../config/flags.ts";
import type { ServerSettings } from "../config/options.ts";
import { defineConstants } from "../errors/define-constants.ts";
import type { Logger } from "../log/logger.ts";
import type { Answering } from "../message/answer-change.ts";
import type { PacketronRequest, UpgradedSocket } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { SettledListener } from "../message/settlement.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { RouteOptions } from "../routing/route-options.ts";
import type { Packetron } from "../server/packetron.ts";
import type { BodyParser } from "./body-parser.ts";
import type { SharedScope, SharedServices } from "./shared-services.ts";

/**
 * A feature that a package adds to a server. The factory of a capability has the name of the package and takes its
 * options: `bodyJson()`, `rateLimit()`.
 *
 * @example
 * export function requestId(): Capability {
 *   return {
 *     name: "request-id",
 *     install(host) {
 *       host.gate(GateOrder.EARLY, (request, response) => response.setHeader("X-Request-Id", randomUUID()));
 *     },
 *   };
 * }
 */
export interface Capability {
  /** The npm name of the capability's package. Every error about the capability shows this name. */
  readonly name: string;
  /**
   * Claims what the capability needs from the host. Called by the constructor of each server, once in each process.
   * Synchronous.
   */
  install(host: CapabilityHost): void;
}

/**
 * What a capability can claim. `@packetron/core/capability` has tools that claim nothing. After `install()` has
 * returned, a claim throws PKT_CAPABILITY_SEALED: what a capability claims is fixed from then on.
 */
export interface CapabilityHost {
  /** The server that the capability is being added to. */
  readonly server: Packetron;
  /** The server's options with every default filled in. */
  readonly settings: ServerSettings;
  /** The server's logger. */
  readonly log: Logger;

  /**
   * Claims one bit of a flag family under a name.
   *
   * @throws PKT_FLAG_CONFLICT when another capability has the bit; PKT_OPTION_INVALID when it is not a single bit.
   */
  flag<Family extends FlagFamily>(family: Family, name: string, bit: FlagsOf<NoInfer<Family>>): void;

  /**
   * Claims an option of the constructor. Core calls `read` once, with `undefined` when the option is absent. `read`
   * throws when the value is wrong.
   */
  serverOption(key: string, read: ServerOptionReader): void;

  /**
   * Claims an option of routes and served files. Core calls `read` for each route that has the option, at registration.
   * `read` throws when the value is wrong, and may add a gate to the route. It should have no other effect: when a
   * later option is refused, core drops the route without a notice. The option costs nothing on a route without it.
   *
   * @param implies Returns flags that the option gives to the route beside its own. Called before `read`, with a value that
   *   `read` has not checked yet.
   */
  routeOption(key: string, read: RouteOptionReader, implies?: ImpliedFlags): void;

  /**
   * Adds a body parser for one handler-flag bit and claims the bit. Several parsers of a capability may share one bit.
   */
  bodyParser(parser: BodyParser): void;

  /**
   * Adds a gate, that is, a function that runs before the handler. With `route`, the gate runs for requests of that
   * route; without, for every request of the server, even if the answer is 404. `gate()` may be called at any time; a
   * request in flight keeps the gates that it started with.
   *
   * @param name The name of the gate in `server.routes()` and `packetron routes`; by default that of the function.
   * @returns A function that removes the gate again.
   */
  gate(order: number, gate: Gate, route?: PacketronRoute, name?: string): () => void;

  /**
   * Adds an around, that is, a function that runs the rest of the request: the later gates and arounds, and the handler.
   * It can run them in an AsyncLocalStorage, wait before them, see when they end, or answer instead of them. With
   * `route`, the around runs for requests of that route; without, for every request of the server, even if the answer is
   * 404. Composed at registration: routes without an around pay nothing. `around()` may be called at any time.
   *
   * @returns A function that removes the around again.
   * @example
   * host.around(GateOrder.EARLY, (request, _response, next) => storage.run({ id: request.id }, next));
   */
  around(order: number, around: Around, route?: PacketronRoute): () => void;

  /**
   * Adds a function that core calls once for every answer, before its head leaves: of senders, files and streams, of
   * libraries that call `writeHead()` or `end()`, and of core's own refusals. What is answered before there is a request
   * is not among them. The function may set headers, give a whole body another form, or put a transform before a
   * stream; see {@link Answering}. Functions run in the order in which they were added, those of the server before those
   * of the route. If one fails, the answer becomes a 500. A function that only sets headers keeps answers direct and
   * prepared. `answering()` may be called at any time.
   *
   * @returns A function that removes the function again.
   * @example
   * host.answering((_request, response) => response.setHeader("X-Content-Type-Options", "nosniff"));
   */
  answering(change: Answering, route?: PacketronRoute): () => void;

  /**
   * Adds a listener that core calls once for each exchange, when it is over: its answer is written, or its connection is
   * closed. Refusals by core are among them; what is answered before there is a request is not. A listener costs no
   * listener on the response, and keeps exchanges direct. It may be called before the function that answers returns;
   * its errors are logged. `settled()` may be called at any time.
   *
   * @returns A function that removes the listener again.
   * @example
   * host.settled(({ route, method, status, duration }) => latency.observe({ route, method, status }, duration));
   */
  settled(listen: SettledListener): () => void;

  /**
   * Adds a route for clients that leave HTTP: a GET with the protocol in its field `Upgrade`. Gates, limits and
   * parameters work as for any route; a gate that answers ends the upgrade, and the connection closes after its answer.
   * Core writes no 101: `take` owns the socket from then on. The connection counts in `server.load`, and a drain waits
   * until it is closed, at most `drainTimeout`. The same path may have a route of `handle()`, which gets other requests;
   * without one, a plain GET is answered with 426 and `Upgrade`. `upgrade()` may be called at any time.
   *
   * @param take Called for each upgrade. If it throws or rejects, the socket is destroyed, and the error is logged.
   * @returns The route, with a method `remove()`. Sockets that were handed over stay open.
   * @throws The errors of `server.handle()`.
   * @example
   * host.upgrade({ protocol: "websocket", routePath: "chat" }, (request, socket, head) => accept(request, socket, head));
   */
  upgrade(options: UpgradeOptions, take: Take): PacketronRoute;

  /**
   * Adds a function that finds a route when the router has no match. Core asks the resolvers in the order of
   * registration, with the canonical path, decoded once. A resolver may return a promise when it has to look outside
   * the process; a result without a promise is faster. When no resolver has a route, core asks again for each method,
   * to find those for `Allow`; `request.method` stays that of the client. No gate has run yet.
   */
  resolver(find: Resolver): void;

  /**
   * Adds a method or a getter to this server, or to its routes, requests or responses.
   *
   * @throws PKT_CAPABILITY_CONFLICT when core, Node or another capability has a member of that name.
   */
  extend(target: ExtensionTarget, name: string, member: ExtensionMember): void;

  /** Adds functions that core calls at the stages of the process's life. */
  lifecycle(hooks: LifecycleHooks): void;

  /** Opens a channel between the primary and the workers. A message is a value that can be structured-cloned. */
  channel<Message>(name: string): Channel<Message>;

  /**
   * Returns what the processes of this server share: leases of limits, messages, locks and data. `shared()` may be called
   * at any time; nothing is loaded or sent before the first call of a service.
   *
   * @param scope `"everywhere"`: the services of {@link provideShared} if a capability provides some, otherwise those of
   *   the program; `.scope` says which. `"program"`: those of this program in any case. Default `"everywhere"`.
   * @example
   * const lease = await host.shared().leases.take(key, { limit: 10, window: 1_000, burst: 10 }, 1);
   */
  shared(scope?: SharedScope): SharedServices;

  /**
   * Provides services that the programs of several machines share. `server.shared` and the other capabilities use them
   * from then on.
   *
   * @throws PKT_CAPABILITY_CONFLICT when another capability provides them already.
   * @example
   * host.provideShared(new RedisServices(options, host.shared("program")));
   */
  provideShared(services: SharedServices): void;
}

/**
 * Runs before the handler of a request. When it returns `true`, or the response has ended, no later gate and no handler
 * runs. After any other result the next gate runs. A throw or a rejection becomes a 500. When a gate of the server
 * changes `request.url`, path, route and parameters are looked up again before the next gate runs.
 */
export type Gate = (request: PacketronRequest, response: PacketronResponse) => unknown;

/**
 * Runs around what follows it in the order of gates. `next()` runs the rest, and returns the result of it: a promise
 * when a gate or the handler returned one. A throw or a rejection of the rest comes out of `next()`; if the around lets
 * it through, it becomes a 500. An around that waits returns a promise, and calls `next()` before it resolves. Without a
 * call of `next()` neither later gates nor the handler run, so the around has to answer. Once the response has ended,
 * `next()` does nothing. `LOCAL_PLUGINS_ONLY` skips the arounds of the server at `GLOBAL_PLUGINS`.
 *
 * @throws PKT_AROUND_TWICE (from `next()`) when it is called a second time.
 */
export type Around = (request: PacketronRequest, response: PacketronResponse, next: () => unknown) => unknown;

/**
 * The place of a gate or an around. Gates with a lower number run first, gates with the same number in the order of
 * insertion. Gates of the server run before gates of the route. `LOCAL_PLUGINS_ONLY` skips only the gates at
 * `GLOBAL_PLUGINS`.
 */
export const GateOrder: {
  readonly EARLY: 0;
  readonly GLOBAL_PLUGINS: 100;
  readonly RATE_LIMIT: 200;
  readonly BODY_LIMIT: 300;
  readonly LOCAL_PLUGINS: 400;
  readonly LATE: 500;
} = defineConstants("GateOrder", {
  EARLY: 0,
  GLOBAL_PLUGINS: 100,
  RATE_LIMIT: 200,
  BODY_LIMIT: 300,
  LOCAL_PLUGINS: 400,
  LATE: 500,
});

/** Reads an option of the constructor; `value` is `undefined` when the option is absent. Throws for a wrong value. */
export type ServerOptionReader = (value: unknown) => void;

/** Reads an option of a route that has it. Throws when the value is wrong. */
export type RouteOptionReader = (value: unknown, route: PacketronRoute) => void;

/** What a route has before an option adds flags to it. */
export interface GivenFlags {
  /** The flags of the route itself, of its groups and of the server. */
  readonly flags: number;
  /** Whether these flags name a parser of bodies. */
  readonly readsBodies: boolean;
}

/** Returns the flags that an option of a route implies, 0 for none. */
export type ImpliedFlags = (value: unknown, given: GivenFlags) => FlagsOf<"handler">;

/** Options of a route that takes upgrades: those of `server.handle()` without handler and method. */
export interface UpgradeOptions extends Omit<RouteOptions, "handler" | "method"> {
  /** The protocol that clients ask for, such as `"websocket"`. Letter case does not matter. */
  readonly protocol: string;
}

/** Takes a client that leaves HTTP. `head` has the bytes of the new protocol that came with the request. */
export type Take = (request: PacketronRequest, socket: UpgradedSocket, head: Buffer) => unknown;

/**
 * Finds a route for a request whose route the router does not have, by a value of PacketronRequestMethod and a
 * canonical path. May return a promise, when the search leaves the process (a file, a database).
 */
export type Resolver = (
  method: number,
  path: string,
  request: PacketronRequest,
) => PacketronRoute | undefined | Promise<PacketronRoute | undefined>;

/** The objects to which a capability can add members. */
export type ExtensionTarget = "server" | "route" | "request" | "response";

/** A method, or a getter. `this` is the server, route, request or response that has the member. */
export type ExtensionMember = ((...args: never[]) => unknown) | { get(): unknown };

/** Functions for the stages of a process's life, in order. `server.role` is the role of the process that calls them. */
export interface LifecycleHooks {
  /** Called and awaited before the server listens. A rejection rejects `start()`. */
  starting?(): void | Promise<void>;
  /** Called when the server accepts connections, at `server.address()`. */
  listening?(): void | Promise<void>;
  /**
   * Called when a drain begins. With `"server"` the whole server drains, and still accepts for `preDrainDelay`. With
   * `"worker"` only this worker drains, and the other workers get the new connections. Requests in flight finish.
   */
  draining?(scope: DrainScope): void;
  /** Called when everything is closed, in reverse order of registration. Awaited before the process may exit. */
  stopped?(): void | Promise<void>;
}

/**
 * What drains: `"server"`, the whole server in every process; or `"worker"`, one worker while the others still serve.
 */
export type DrainScope = "server" | "worker";

/** A named channel between the primary and the workers. A single process has both ends. Delivery is asynchronous. */
export interface Channel<Message> {
  /** Sends to the primary. */
  sendToPrimary(message: Message): void;
  /**
   * Sends to every worker, the sender included.
   *
   * @param workerId Sends to the worker with this number only, and to its replacement while both run.
   */
  sendToWorkers(message: Message, workerId?: number): void;
  /**
   * Adds a listener for the messages to the primary or to the workers. The listener is called in that process only.
   *
   * @param listener Gets the message and the id of the worker that sent it, 0 for the primary.
   * @returns A function that stops listening.
   */
  receive(end: "primary" | "worker", listener: (message: Message, from: number) => void): () => void;
}
