/** What one option `cors` says about answers: the headers that each answer gets by the origin of its request. */
import type { PacketronRequest, PacketronResponse } from "@packetron/core";
import { field, prepareHeaders } from "@packetron/core/capability";
import type { CorsSettings } from "./options.ts";

/** Gives prepared headers to an answer. */
type AddHeaders = (response: PacketronResponse) => void;

/**
 * How many origins have prepared headers. Core keeps each prepared text, so their number must not depend on what clients
 * send: origins beyond it, which patterns and functions can allow, get their headers one by one.
 */
const MAX_PREPARED = 64;

/** The headers of one option. */
export class CorsPolicy {
  readonly settings: CorsSettings;
  /** Adds the headers of an answer whose origin is not allowed, or unknown. With `"*"`, of every answer. */
  readonly #addToRefused: AddHeaders;
  readonly #prepared = new Map<string, AddHeaders>();
  /** What a function of the program has decided about a request, or will decide. */
  readonly #decided = new WeakMap<PacketronRequest, boolean | Promise<boolean>>();

  constructor(settings: CorsSettings) {
    this.settings = settings;
    this.#addToRefused = prepareHeaders(settings.origin === "*" ? this.#grantHeaders("*") : VARY);
  }

  /** Whether the program has to be asked about the origin of each request. */
  get asks(): boolean {
    return this.settings.origin !== "*" && this.settings.origin.kind === "asked";
  }

  /**
   * Adds the headers of an answer. Returns a promise while the program has not decided about the origin: core has
   * refused the request before its gate, or while it ran.
   *
   * @param isStream Whether the head cannot wait for a promise.
   */
  addTo(
    request: PacketronRequest,
    response: PacketronResponse,
    isStream: boolean,
  ): Promise<void> | undefined {
    const origin = this.settings.origin === "*" ? undefined : field(request, "origin");
    const allowed = origin !== undefined && this.allows(origin, request);
    if (origin !== undefined && typeof allowed === "object") {
      if (!isStream) return allowed.then((is) => this.add(is ? origin : null, response));
      allowed.catch(() => undefined);
    }
    this.add(allowed === true && origin !== undefined ? origin : null, response);
    return undefined;
  }

  /**
   * Adds the headers of an answer, once the origin is decided about.
   *
   * @param origin The origin, if its pages may read the answer.
   */
  add(origin: string | null, response: PacketronResponse): void {
    if (origin === null || this.settings.origin === "*") this.#addToRefused(response);
    else this.#grant(origin, response);
  }

  /** Whether pages of an origin may read the answer to a request. Asks the program at most once for each request. */
  allows(origin: string, request: PacketronRequest): boolean | Promise<boolean> {
    const rule = this.settings.origin;
    if (rule === "*") return true;
    if (rule.kind === "listed") return rule.check(origin);
    const known = this.#decided.get(request);
    if (known !== undefined) return known;
    this.#decided.set(request, false); // if the function throws, the 500 must not ask it again
    const asked = rule.check(origin, request);
    // Core may refuse a request while the function works, for example for its body. Then that answer waits, too.
    const decided = typeof asked === "boolean" ? asked : this.#keep(asked, request);
    this.#decided.set(request, decided);
    return decided;
  }

  async #keep(asked: Promise<boolean>, request: PacketronRequest): Promise<boolean> {
    let allowed = false;
    try {
      allowed = await asked;
      return allowed;
    } finally {
      this.#decided.set(request, allowed);
    }
  }

  #grant(origin: string, response: PacketronResponse): void {
    const prepared = this.#prepared.get(origin);
    if (prepared !== undefined) return prepared(response);
    const headers = this.#grantHeaders(origin);
    if (this.#prepared.size < MAX_PREPARED) {
      const add = prepareHeaders({ ...headers, ...VARY });
      this.#prepared.set(origin, add);
      return add(response);
    }
    for (const [name, value] of Object.entries(headers))
      if (!response.hasHeader(name)) response.setHeader(name, value);
    this.#addToRefused(response);
  }

  #grantHeaders(origin: string): Record<string, string> {
    const { credentials, exposedHeaders } = this.settings;
    return {
      "Access-Control-Allow-Origin": origin,
      ...(credentials ? { "Access-Control-Allow-Credentials": "true" } : {}),
      ...(exposedHeaders === null ? {} : { "Access-Control-Expose-Headers": exposedHeaders }),
    };
  }
}

/** Keeps a cache from giving the answer for one origin to another. Core adds it to a `Vary` that is set. */
const VARY = { Vary: "Origin" };
