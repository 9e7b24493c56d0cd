/** The options of a route; `create-route.ts` checks them. */
import type { FlagsOf } from "../config/flags.ts";
import type { RequestMethod } from "../http/methods.ts";
import type { ParamsOf } from "../http/path.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";

/**
 * Answers a request, now or later, with or without a promise. The value that it returns is sent on a route with the flag
 * SEND_RETURN_VALUE, and ignored on any other.
 */
export type Handler<Path extends string = string> = {
  // Method syntax makes the parameter bivariant, so that handlers with different path parameters have one common type.
  handle(request: PacketronRequest<ParamsOf<Path>>, response: PacketronResponse): unknown;
}["handle"];

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
export interface RouteOptions<Path extends string = string> extends EndpointOptions {
  /**
   * A value of {@link PacketronRequestMethod}.
   * @default PacketronRequestMethod.GET
   */
  method?: RequestMethod;
  /** The path, with or without a leading slash: exact, or a pattern with `:name` segments and a trailing `*`. */
  routePath: Path;
  /** Answers the request. */
  handler: Handler<Path>;
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
