/**
 * The capability contract: all that a feature package has to learn. A capability is a name and an `install`
 * function that claims what it needs from the host; the host is core's `registry.ts`. Nothing is implemented here. What a
 * parser of bodies is, `body-parser.ts` says.
 *
 * What each package of the repository claims:
 *
 * | package     | flag | …Option           | bodyParser | gate | resolver | route | extend                  | lifecycle | channel |
 * |-------------|------|-------------------|------------|------|----------|-------|-------------------------|-----------|---------|
 * | body-json   |      |                   | x          |      |          |       |                         |           |         |
 * | body-text   |      |                   | x          |      |          |       |                         |           |         |
 * | body-xml    |      |                   | x          |      |          |       |                         |           |         |
 * | multipart   | x    | multipartOptions  | x          |      |          |       |                         | x         |         |
 * | static      | x    |                   |            |      | x        | x     | server, response        | x         |         |
 * | ratelimit   |      | maxRequestsPer…   |            | x    |          |       |                         |           |         |
 * | global-data |      | namespace, …      |            |      |          |       | server                  | x         |         |
 * | plugins     | x    | plugins           |            | x    |          |       | server, route           |           |         |
 * | firewall    | x    |                   |            |      |          |       |                         | x         |         |
 * | health      |      | health            |            | x    |          |       |                         | x         |         |
 * | overload    |      | overload          |            | x    |          |       |                         | x         |         |
 * | metrics, …  |      |                   |            | x    |          |       |                         | x         | x       |
 */

import type { FlagFamily } from "../config/flags.ts";
import type { ServerSettings } from "../config/options.ts";
import type { Logger } from "../log/logger.ts";
import type { AnswerParts } from "../message/prepared-answer.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { RouteOptions } from "../routing/route-options.ts";
import type { Packetron } from "../server/packetron.ts";
import type { BodyParser } from "./body-parser.ts";

/**
 * An ability that a package adds to a server. Its factory carries the package's name and takes its options:
 * `bodyJson()`, `rateLimit()`.
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
  /** The npm name of the package; every error about the capability shows it. */
  readonly name: string;
  /** Claims what the capability needs. Called once for each server and process, in the constructor; synchronous. */
  install(host: CapabilityHost): void;
}

/** The verbs of a capability. Claims are refused once `install()` has returned: what a capability claims is fixed from then on. */
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
  flag(family: FlagFamily, name: string, bit: number): void;

  /**
   * Checks a bit field of a family: for options of the capability's own that take flags.
   *
   * @throws PKT_FLAG_UNKNOWN for bits without a name; PKT_FLAG_UNCLAIMED for those whose package is not there.
   */
  assertFlags(family: FlagFamily, flags: number): void;

  /**
   * Claims an option of the constructor. `read` is called once, with `undefined` when the option is absent; it throws
   * when the value is wrong.
   */
  serverOption(key: string, read: ServerOptionReader): void;

  /**
   * Claims an option of routes and served files. `read` is called for each route that names it, at registration; it
   * throws when the value is wrong, and may add a gate to the route. It should change nothing else: when a later option
   * is refused, the route is dropped and nobody is told. A route that does not name the option costs nothing.
   */
  routeOption(key: string, read: RouteOptionReader): void;

  /** Adds a parser for one handler-flag bit and claims that bit; several parsers of one capability may share it. */
  bodyParser(parser: BodyParser): void;

  /**
   * Adds a gate to one route, or to every request of the server (404s too) when no route is named. May be called at
   * any time; a request under way keeps the gates it started with.
   *
   * @returns Removes the gate again.
   */
  gate(order: number, gate: Gate, route?: PacketronRoute): () => void;

  /**
   * Asked for a route when the router has none, in the order of registration; `path` is canonical, decoded once. May
   * answer with a promise when it has to look outside the process; at once is faster. Where no method has a route, all
   * are asked for, to find those for `Allow`: `request.method` is that of the client, and no gate has run yet.
   */
  resolver(find: Resolver): void;

  /** Compiles a route that the router does not list: what a resolver gives back. */
  route(options: RouteOptions): PacketronRoute;

  /** Adds a method, or a getter, to this server, or to its routes, requests or responses. */
  extend(target: ExtensionTarget, name: string, member: ExtensionMember): void;

  /** Asks to be called at stages of the process's life. */
  lifecycle(hooks: LifecycleHooks): void;

  /** Whether an answer has left already; the log is told then that `call` came too late. For senders of your own. */
  isAnswered(response: PacketronResponse, call: string): boolean;

  /**
   * Prepares an answer that stays the same for many requests: checked now, and sent in one write with next to no work.
   * HEAD gets no body. Headers that the response has by then win; the status is the one that was prepared. The body must
   * not change, and up to 16 KiB of it are kept a second time, behind the head.
   *
   * @returns Sends it; whoever calls it has made sure that there is no answer yet.
   * @throws PKT_RESPONSE_STATUS, PKT_OPTION_INVALID (a header that belongs to the connection); Node's
   *   ERR_INVALID_HTTP_TOKEN and ERR_INVALID_CHAR.
   */
  prepareAnswer(answer: AnswerParts): (response: PacketronResponse) => void;

  /**
   * The value of a request's header by its name in lower case, as `request.headers` has it, without the making of all of
   * them; of a header that is a list, its members joined.
   */
  field(request: PacketronRequest, name: string): string | undefined;

  /**
   * Ends a request whose work failed where nobody awaits it, as if its handler had thrown: the client gets the status of
   * a Packetron error, else 500; an answer that has begun is cut; a client's fault (below 500) is not logged.
   */
  fail(error: unknown, request: PacketronRequest, response: PacketronResponse): void;

  /** Opens a channel between the primary and the workers; messages are structured-cloneable values. */
  channel<Message>(name: string): Channel<Message>;
}

/**
 * Looks at a request before its handler. `true` says "answered": nothing behind it runs. So does a response that has
 * ended. Anything else goes on; a throw or a rejection is a 500. A gate of the server may change `request.url`: path,
 * route and parameters are looked up again before the next one runs.
 */
export type Gate = (request: PacketronRequest, response: PacketronResponse) => unknown;

/**
 * Where a gate stands: lower first, equal keeps insertion order. Gates of the server run before those of the route.
 * `LOCAL_PLUGINS_ONLY` skips just the gates at `GLOBAL_PLUGINS`.
 */
export const GateOrder: {
  readonly EARLY: 0;
  readonly GLOBAL_PLUGINS: 100;
  readonly RATE_LIMIT: 200;
  readonly BODY_LIMIT: 300;
  readonly LOCAL_PLUGINS: 400;
  readonly LATE: 500;
} = Object.freeze({
  EARLY: 0,
  GLOBAL_PLUGINS: 100,
  RATE_LIMIT: 200,
  BODY_LIMIT: 300,
  LOCAL_PLUGINS: 400,
  LATE: 500,
});

/** Reads an option of the constructor: `undefined` when it is absent. Throws when the value is wrong. */
export type ServerOptionReader = (value: unknown) => void;

/** Reads an option of a route that names it. Throws when the value is wrong. */
export type RouteOptionReader = (value: unknown, route: PacketronRoute) => void;

/** Finds a route that the router does not list; a promise when it looks outside the process. */
export type Resolver = (
  method: number,
  path: string,
  request: PacketronRequest,
) => PacketronRoute | undefined | Promise<PacketronRoute | undefined>;

/** What a capability can add members to. */
export type ExtensionTarget = "server" | "route" | "request" | "response";

/** A method, or an accessor; `this` is the object it is read from. */
export type ExtensionMember = ((...args: never[]) => unknown) | { get(): unknown };

/** Stages of the process's life, in order. `server.role` tells which process it is. */
export interface LifecycleHooks {
  /** Before anything listens; awaited; a rejection rejects `start()`. */
  starting?(): void | Promise<void>;
  /** The server accepts connections; `server.address()` tells where. */
  listening?(): void | Promise<void>;
  /**
   * The end begins: of the whole server, which still accepts for `preDrainDelay`, or of this worker alone, whose
   * connections go to the others. Then no new connections come, and what is in flight is finished.
   */
  draining?(scope: DrainScope): void;
  /** Everything is closed; awaited before the process may end. Called in reverse order of registration. */
  stopped?(): void | Promise<void>;
}

/** What drains: the whole server, in every process, or one worker alone, while others serve on. */
export type DrainScope = "server" | "worker";

/** A named line between the primary and the workers. With one process both ends are in it, and delivery stays asynchronous. */
export interface Channel<Message> {
  /** Sends to the primary. */
  sendToPrimary(message: Message): void;
  /** Sends to every worker, the sender included. */
  sendToWorkers(message: Message): void;
  /**
   * Listens at one end.
   *
   * @param listener Gets the message and the id of the worker that sent it, 0 for the primary.
   * @returns Stops listening.
   */
  receive(end: "primary" | "worker", listener: (message: Message, from: number) => void): () => void;
}
