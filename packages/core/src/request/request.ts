/** What a handler learns about a request: the accessors of the API, on top of Node's own IncomingMessage. */
import { IncomingMessage } from "node:http";
import type { Packetron } from "../packetron.ts";
import type { PacketronRoute } from "../routing/route.ts";

/** The parameters of a request whose route has none. */
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** A request. Extends Node's `IncomingMessage`; `Params` are the parameters of the route's path. */
export class PacketronRequest<
  Params extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
> extends IncomingMessage {
  /** The server that serves it; set on the prototype of each server's own subclass, so it costs a request nothing. */
  declare readonly server: Packetron;
  /** Values of `:name` and `*` of the route's path, decoded once; null prototype. */
  params: Params = NO_PARAMS as Params;
  /** The canonical path: decoded once, without the query. Set before the first gate runs. */
  path = "/";
  /** The route that answers, `null` for a 404 or 405. */
  route: PacketronRoute | null = null;
}
