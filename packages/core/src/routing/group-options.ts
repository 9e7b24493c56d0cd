/** The types of the options of groups, and of routes inside groups. */
import type { Handler, RouteOptions, SchemasOfRoute, TypedRouteOptions } from "./route-options.ts";

/** Options that may be `null`: the option of the outer group is cleared. */
type Clearable<Options> = { [Name in keyof Options]?: Options[Name] | null };

/** The options of `server.handle()` that a group can give to its routes. */
export interface RouteDefaults
  extends Clearable<Omit<RouteOptions, "routePath" | "handler" | keyof TypedRouteOptions<string, unknown>>> {}

/** Options of `server.group()`. */
export interface GroupOptions<Prefix extends string = string, Schema = SchemasOfRoute>
  extends RouteDefaults,
    TypedRouteOptions<string, Schema> {
  /**
   * The beginning of the path of each route, with or without slashes around it. It may have `:name` segments.
   * @default "", no prefix
   */
  prefix?: Prefix;
}

/** Options of `handle()` of a group. They are those of `server.handle()`, and `null` clears an option of the group. */
export interface GroupRouteOptions<Prefix extends string, Path extends string, Schema = SchemasOfRoute>
  extends RouteDefaults,
    TypedRouteOptions<`${Prefix}/${Path}`, Schema> {
  /** The path after the prefixes of the groups. `""` and `"/"` are the path of the prefix itself. */
  routePath: Path;
  /** Answers the request. Its `request.params` has the parameters of the prefixes and of the path. */
  handler: Handler<`${Prefix}/${Path}`, Schema>;
}
