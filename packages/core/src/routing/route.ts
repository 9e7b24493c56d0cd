/** One registered route. Its gates and its handler are composed into one function. */
import type { BodyParser } from "../capability/body-parser.ts";
import { definePlaceholders } from "../capability/placeholders.ts";
import { methodNames, type RequestMethod } from "../http/methods.ts";
import type { PatternSegment } from "../http/path.ts";
import { GateChain, type OrderedStep } from "./gate-chain.ts";
import type { Handler } from "./route-options.ts";

/** The parts of a route, all checked. @internal */
export interface RouteParts {
  readonly method: RequestMethod;
  readonly path: string;
  readonly pattern: readonly PatternSegment[] | null;
  readonly flags: number;
  readonly handler: Handler;
  readonly bodyParsers: readonly BodyParser[];
  readonly bodyLimit: number;
  readonly streamLimit: number;
  /** The route's options for capabilities. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly remove: (route: PacketronRoute) => void;
  /** Limits the time of the route's gates and handler; `undefined` without a limit. */
  readonly limit?: ((run: Handler) => Handler) | undefined;
}

/**
 * A registered route, as `server.handle()` returns it.
 *
 * @example
 * const route = server.handle({ routePath: "beta", handler });
 * route.remove(); // from now on 404; requests in flight finish
 */
export class PacketronRoute {
  /** A value of PacketronRequestMethod. */
  readonly method: RequestMethod;
  /** The canonical path or pattern, with its leading slash. */
  readonly path: string;
  /** Bits of PacketronHandlerFlags. */
  readonly flags: number;
  /** The segments of a pattern, `null` for an exact path. @internal */
  readonly pattern: readonly PatternSegment[] | null;
  /** The body parsers that the flags of the route ask for, lowest bit first. @internal */
  readonly bodyParsers: readonly BodyParser[];
  /** The largest body that may be read as a whole, in bytes; `Infinity` means unlimited. */
  readonly bodyLimit: number;
  /** The largest body that may be read as a stream: the route's own limit, without the server's default. @internal */
  readonly streamLimit: number;
  /** The route's options for capabilities. @internal */
  readonly options: Readonly<Record<string, unknown>>;

  readonly #chain: GateChain;
  readonly #remove: (route: PacketronRoute) => void;

  static {
    definePlaceholders("route", PacketronRoute.prototype);
  }

  /** @internal */
  constructor(parts: RouteParts) {
    this.method = parts.method;
    this.path = parts.path;
    this.flags = parts.flags;
    this.pattern = parts.pattern;
    this.bodyParsers = parts.bodyParsers;
    this.bodyLimit = parts.bodyLimit;
    this.streamLimit = parts.streamLimit;
    this.options = parts.options;
    this.#chain = new GateChain(parts.handler, undefined, parts.limit);
    this.#remove = parts.remove;
  }

  /** Removes the route. A second call does nothing. Requests in flight are not affected. */
  remove(): void {
    this.#remove(this);
  }

  /**
   * Adds a gate or an around; returns a function that removes it. A request in flight keeps the steps that it started
   * with.
   *
   * @internal
   */
  addStep(step: OrderedStep): () => void {
    return this.#chain.addStep(step);
  }

  /** The gates and arounds in the order in which they run. @internal */
  get steps(): readonly OrderedStep[] {
    return this.#chain.list;
  }

  /** One function that runs the gates of this route, then its handler. @internal */
  get run(): Handler {
    return this.#chain.run;
  }

  /** The same for a request that is traced. @internal */
  get tracedRun(): Handler {
    return this.#chain.tracedRun;
  }

  /** `"GET /users/:id"`, for logs. */
  toString(): string {
    return `${methodNames[this.method]} ${this.path}`;
  }
}
