/** What capabilities call besides the verbs of their host. These functions claim nothing. */
import type { PrimaryStatus } from "../cluster/process/status.ts";
import type { FlagFamily, FlagsOf } from "../config/flags.ts";
import { coreError, optionError } from "../errors/errors.ts";
import { foreignOptions } from "../errors/foreign-words.ts";
import { optionHint } from "../errors/hints.ts";
import { isRecord } from "../errors/narrow.ts";
import { parseQueryValues } from "../http/query.ts";
import { isAnswered as isAnsweredBefore } from "../message/answer.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { RouteOptions } from "../routing/route-options.ts";
import type { Packetron } from "../server/packetron.ts";
import type { Figure } from "./figures.ts";

/** An object that belongs to a server: the host of a capability, a request or a response. */
export interface OfServer {
  readonly server: Packetron;
}

/**
 * Checks a bit field of a family, for an option of a capability that takes flags.
 *
 * @throws PKT_FLAG_UNKNOWN for a bit without a name; PKT_FLAG_UNCLAIMED for a bit whose package the server does not
 *   have; PKT_OPTION_INVALID for a value that is not an integer made of flag bits.
 * @example
 * assertFlags(host, "file", options.flags ?? 0);
 */
export function assertFlags<Family extends FlagFamily>(
  { server }: OfServer,
  family: Family,
  flags: FlagsOf<NoInfer<Family>>,
): void {
  server.answerTarget.registry.assertFlags(family, flags);
}

/**
 * Checks the names of the options of a function that takes options of its own beside those of all endpoints, such as
 * `plugins` and `maxRequestSizeInBytes`.
 *
 * @param call The function, for the message: `"serve()"`.
 * @param own The names of the function's own options.
 * @throws PKT_OPTION_INVALID when `options` is not an object; PKT_OPTION_UNKNOWN for an unknown name, with the nearest
 *   name, and all names.
 * @example
 * assertEndpointOptions(host, "serve()", options, ["directory", "pathPrefix"]);
 */
export function assertEndpointOptions(
  { server }: OfServer,
  call: string,
  options: unknown,
  own: readonly string[],
): void {
  if (!isRecord(options)) throw optionError(call, options, `an object with some of ${own.join(", ")}`);
  const known = [...own, "maxRequestSizeInBytes", ...server.answerTarget.registry.routeOptions.keys()];
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || known.includes(option)) continue;
    const hint = optionHint(option, known, foreignOptions.route);
    const all = ` Known: ${known.join(", ")}.`;
    const text = hint === all ? hint : hint + all;
    throw coreError("PKT_OPTION_UNKNOWN", { kind: `${call} option`, option, hint: text });
  }
}

/**
 * Makes a route that a resolver can return. The route is not added to the router.
 *
 * @throws The errors of `server.handle()`.
 * @example
 * const found = route(host, { routePath: "reports/today", handler });
 * host.resolver((method, path) => (path === found.path && method === found.method ? found : undefined));
 */
export function route({ server }: OfServer, options: RouteOptions): PacketronRoute {
  return server.answerTarget.createRoute(options);
}

/**
 * Whether an answer was already sent. If so, logs PKT_RESPONSE_ENDED for `call`. For a capability's own functions that
 * send answers.
 *
 * @param call The function that was called, for the log.
 * @example
 * if (isAnswered(response, "sendPdf()")) return;
 */
export function isAnswered(response: PacketronResponse, call: string): boolean {
  return isAnsweredBefore(response, `${call} was called`);
}

/**
 * The value of a request's header by its lower-case name, as in `request.headers`, but without making that object. A
 * header that Node gives as an array is joined with `", "`.
 *
 * @example
 * const accepted = field(request, "accept-encoding");
 */
export function field(request: PacketronRequest, name: string): string | undefined {
  return request.field(name);
}

/**
 * The parameters of a request's query: a text, or the list of the values of a name that occurs more than once. Null
 * prototype. Parsed at each call.
 *
 * @example
 * queryValues(request); // { q: "a", tag: ["b", "c"] } for /search?q=a&tag=b&tag=c
 */
export function queryValues(request: PacketronRequest): Record<string, string | string[]> {
  return parseQueryValues(request.url ?? "");
}

/**
 * Answers a request whose work failed outside the promise of its handler, as if the handler had thrown. The client gets
 * the status of a Packetron error, otherwise 500. An answer that has begun is cut. A fault of the client (a status below
 * 500) is not logged.
 *
 * @example
 * source.once("error", (error) => fail(error, request, response));
 */
export function fail(error: unknown, request: PacketronRequest, response: PacketronResponse): void {
  request.server.failRequest(error, request, response);
}

/**
 * The routes that the path of a request has, by the names of their methods: those of the router, and those that
 * resolvers find, such as files. HEAD has the route of GET, unless it has its own. For gates of the server.
 *
 * @returns An empty map for a path without routes; a promise when a resolver works asynchronously.
 * @example
 * const routes = await routesOf(request);
 * response.setHeader("Allow", [...routes.keys()].join(", "));
 */
export function routesOf(
  request: PacketronRequest,
): ReadonlyMap<string, PacketronRoute> | Promise<ReadonlyMap<string, PacketronRoute>> {
  return request.server.answerTarget.dispatcher.locator.routesOf(request);
}

/** What a capability that describes a server reads of a route. */
export interface RouteFacts {
  readonly route: PacketronRoute;
  /** Whether `:name` and `*` in the path are parameters. */
  readonly isPattern: boolean;
  /** The options of the route for capabilities, as the program has given them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The media types that the route's flags for bodies read; none for a route that reads no bodies. */
  readonly mediaTypes: readonly string[];
}

/**
 * Every route of the router, in the order of `server.routes()`, with what its options are. Routes for upgrades and the
 * routes of resolvers, such as served files, are not among them.
 *
 * @example
 * for (const { route, options } of routeFacts(host)) console.log(String(route), options.schema);
 */
export function routeFacts({ server }: OfServer): RouteFacts[] {
  return [...server.answerTarget.router.routes()].map((found) => ({
    route: found,
    isPattern: found.pattern !== null,
    options: found.options,
    mediaTypes: [...new Set(found.bodyParsers.flatMap(({ mediaTypes }) => mediaTypes))],
  }));
}

/**
 * Whether the client of a request uses TLS: on its connection to this server, or on that to a proxy which the option
 * `trustProxy` trusts and which sends `X-Forwarded-Proto: https`.
 *
 * @example
 * if (isSecure(request)) response.setHeader("Strict-Transport-Security", "max-age=31536000");
 */
export function isSecure(request: PacketronRequest): boolean {
  if (Reflect.get(request.socket, "encrypted") === true) return true;
  const protocols = request.field("x-forwarded-proto");
  // Each proxy may append what it has seen; the first entry is that of the client's own connection.
  return (
    protocols !== undefined && /^\s*https\s*(?:,|$)/i.test(protocols) && request.server.isPeerTrusted(request)
  );
}

/**
 * A number that a capability keeps of a server in this process, and that `@packetron/metrics` reports: one addition where
 * the event happens, whether it is reported or not. Two calls with one name return the same figure.
 *
 * @param name The name in metrics. That of a counter ends with `_total`; any other figure may also fall.
 * @param help What the number counts, as a sentence.
 * @example
 * const refused = figure(host, "packetron_shed_requests_total", "Requests that were refused because of overload.");
 * refused.value++;
 */
export function figure({ server }: OfServer, name: string, help: string): Figure {
  return server.answerTarget.registry.figures.get(name, help);
}

/**
 * The figures that the capabilities of a server keep in this process.
 *
 * @example
 * for (const { name, value } of figuresOf(host)) console.log(name, value);
 */
export function figuresOf({ server }: OfServer): readonly Figure[] {
  return server.answerTarget.registry.figures.all;
}

/**
 * The requests of a server that this process has not answered yet. Found by a walk over the open connections, so that
 * requests pay nothing for it; a walk over ten thousand takes about a millisecond.
 *
 * @example
 * for (const { method, route } of openRequests(host)) console.log(method, route?.path);
 */
export function openRequests({ server }: OfServer): readonly PacketronRequest[] {
  return server.answerTarget.openRequests();
}

/**
 * The processes of the program, with the figures of each worker's last heartbeat.
 *
 * @returns `undefined` in a worker, which knows no other process.
 * @example
 * const restarts = programStatus(host)?.workers.map((worker) => worker.restarts);
 */
export function programStatus({ server }: OfServer): PrimaryStatus | undefined {
  return server.answerTarget.programStatus();
}
