/** The options of a route; `create-route.ts` checks them. */
import type { FlagsOf } from "../config/flags.ts";
import type { RequestMethod } from "../http/methods.ts";
import type { ParamsOf } from "../http/path.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";

/**
 * Answers a request, now or later, with or without a promise. The value that it returns is sent on a route with the flag
 * SEND_RETURN_VALUE, and ignored on any other.
 *
 * @typeParam Path The path of the route, which gives `request.params` its type.
 * @typeParam Schema The schemas of the route; see {@link TypedRouteOptions}.
 */
export type Handler<Path extends string = string, Schema = unknown> = {
  // Method syntax makes the parameter bivariant, so that handlers with different path parameters have one common type.
  handle(request: PacketronRequest<ParamsOf<Path>, ResultOf<Schema>>, response: PacketronResponse): unknown;
}["handle"];

/**
 * The schemas that a route can have. Core has none; a capability adds the parts of its option by declaration merging, and
 * then TypeScript checks and completes them in `server.handle()`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: capabilities add members
export interface RouteSchemas {}

/** What `server.handle()` infers from the schemas of a route: their types; `false` or `null` for a route without. */
export type SchemasOfRoute = RouteSchemas | false | null;

/**
 * Options of a route from whose value TypeScript infers `Schema`. A capability adds its option here by declaration merging,
 * says in {@link SchemaResults} what it makes of the value, and adds a member of that type to `PacketronRequest`. The
 * compiler looks at one route at a time, so the cost of each route is the same however many there are.
 *
 * @typeParam Path The path of the route, with the prefixes of its groups.
 * @typeParam Schema The type of the option's value.
 * @example
 * declare module "@packetron/core" {
 *   interface TypedRouteOptions<Path extends string, Schema> {
 *     schema?: Schema;
 *   }
 *   interface SchemaResults<Schema> {
 *     valid: OutputOf<Schema>;
 *   }
 *   interface PacketronRequest<Params, Result> {
 *     valid: Result;
 *   }
 * }
 */
// biome-ignore lint/correctness/noUnusedVariables: capabilities use the parameters in their declarations
// biome-ignore lint/suspicious/noEmptyInterface: capabilities add members
export interface TypedRouteOptions<Path extends string, Schema> {}

/**
 * What a capability makes of the schemas of a route. Core has no member; the capability with the option adds one, see
 * {@link TypedRouteOptions}. For {@link SchemasOfRoute} it should be
 * `unknown`, so that each request is a `PacketronRequest`.
 */
// biome-ignore lint/correctness/noUnusedVariables: capabilities use the parameter in their declarations
// biome-ignore lint/suspicious/noEmptyInterface: capabilities add members
export interface SchemaResults<Schema> {}

/** The type that {@link SchemaResults} has for the schemas of a route. */
export type ResultOf<Schema> = SchemaResults<Schema>[keyof SchemaResults<Schema>];

/** Options that routes and served files share. Capabilities add options to this type by declaration merging. */
export interface EndpointOptions {
  /**
   * The largest request body in bytes, without content codings; a body of exactly this size passes. `null` means
   * unlimited.
   * @default the server's `defaultBodyLimit` for parsed bodies, unlimited for streamed ones
   */
  maxRequestSizeInBytes?: number | null;
}

/** Options of `server.handle()`. */
export interface RouteOptions<Path extends string = string, Schema = SchemasOfRoute>
  extends EndpointOptions,
    TypedRouteOptions<Path, Schema> {
  /**
   * A value of {@link PacketronRequestMethod}.
   * @default PacketronRequestMethod.GET
   */
  method?: RequestMethod;
  /** The path, with or without a leading slash: exact, or a pattern with `:name` segments and a trailing `*`. */
  routePath: Path;
  /** Answers the request. */
  handler: Handler<Path, Schema>;
  /**
   * Bits of {@link PacketronHandlerFlags}.
   * @default 0
   */
  flags?: FlagsOf<"handler">;
  /**
   * How long gates and handler may take to answer, in milliseconds; see the server's option. `false` and 0 mean unlimited:
   * for an answer without an end, such as a stream of events.
   * @default the server's `handlerTimeout`
   */
  handlerTimeout?: number | false;
}
