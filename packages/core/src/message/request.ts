/** The request that handlers get: Node's IncomingMessage with the accessors of the API. */

import type { Socket } from "node:net";
import { type BodyStream, bodyStreamOf } from "../body/body-stream.ts";
import { type BodyHead, readBodyHead } from "../body/head.ts";
import { type BodyAccessor, warnMissingFlag } from "../body/missing-flag.ts";
import { readBody } from "../body/read.ts";
import { type BodyResult, NO_FILES } from "../body/result.ts";
import { readsBodies } from "../body/select-parser.ts";
import type { PacketronError } from "../errors/errors.ts";
import { parseCookies } from "../http/cookies.ts";
import { parseQuery, parseQueryAll } from "../http/query.ts";
import { http } from "../node/http.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { Packetron } from "../server/packetron.ts";
import { abortSignal, signalProperty } from "./client-signal.ts";
import { originProperties } from "./origin.ts";
import { refuse } from "./refusal.ts";
import { headersProperty, readField } from "./request-headers.ts";
import { readRequestId } from "./request-id.ts";
import type { PacketronResponse } from "./response.ts";
import { areTrailersAllowed, refuseTrailers } from "./trailers.ts";

/** The socket of a client that has left HTTP. The server's drain waits until it is closed. */
export type UpgradedSocket = Socket & {
  /** Aborts when the server or this worker drains. The socket is destroyed when `drainTimeout` is over. */
  readonly drainSignal: AbortSignal;
};

/** What a capability gets when it takes a client that leaves HTTP. */
export interface HandOver {
  readonly socket: UpgradedSocket;
  /** The bytes of the new protocol that have arrived with the request. */
  readonly head: Buffer;
}

/** The parameters of a request whose route has none. */
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/**
 * The cached results of `query`, `cookies` and other accessors. The first use of an accessor makes the cache, so that a
 * request without such a use costs nothing more.
 */
interface AccessorCache {
  /** The URL that the query was parsed from. A plugin may rewrite `request.url` later. */
  url: string | undefined;
  query: Record<string, string> | null;
  queryAll: Record<string, string[]> | null;
  cookies: Record<string, string> | null;
  ip: string | null;
  id: string | null;
}

/**
 * The request that gates and handlers get. Extends Node's `IncomingMessage`.
 *
 * @typeParam Params The parameters of the route's path.
 * @typeParam Result What a capability makes of the schemas of the route. Core does not use it; `@packetron/validate` gives
 *   it to `request.valid`.
 * @example
 * server.handle({
 *   method: PacketronRequestMethod.PUT,
 *   routePath: "users/:id",
 *   flags: PacketronHandlerFlags.JSON_BODY,
 *   handler: async (request, response) => {
 *     const body = await request.getBody<{ name: string }>();
 *     response.sendJson({ id: request.params.id, name: body?.name ?? null });
 *   },
 * });
 */
export class PacketronRequest<
  Params extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
  // biome-ignore lint/correctness/noUnusedVariables: capabilities use it in their declarations
  Result = unknown,
> extends http.IncomingMessage {
  /** The server of the request. Set on the prototype of each server's own subclass, so it costs a request nothing. */
  declare readonly server: Packetron;
  /** The values of `:name` and `*` in the route's path, percent-decoded once. Null prototype. */
  params: Params = NO_PARAMS as Params;
  /**
   * The canonical path: percent-decoded once, without the query. Set before the first gate runs, and again when a gate
   * of the server has changed `url`. `""` for a path that no route can have (`/a//b`, `/a/../b`); `"*"` for a request
   * `OPTIONS *`.
   */
  path = "/";
  /** The route that answers; `null` for a 404 or 405. */
  route: PacketronRoute | null = null;
  /** The response to this request. Set before the first gate runs. */
  response: PacketronResponse | null = null;
  /**
   * Aborts when the client closes the connection before the whole answer is written, and when the route's
   * `handlerTimeout` is over; its `reason` then has the code PKT_HANDLER_TIMEOUT. Pass the signal to work that is useless
   * without the client.
   *
   * @example
   * const rows = await fetch(reportUrl, { signal: request.signal });
   */
  declare readonly signal: AbortSignal;
  /**
   * The host that the client has asked for, with its port if it is not the default one, as `Host` has it; `""` when an
   * HTTP/1.0 client names none. `X-Forwarded-Host` and `Forwarded` are used only from a peer that the server's
   * `trustProxy` trusts. A client can name any host: compare it before you build links with it.
   *
   * @example
   * request.host; // "shop.example:8080"
   */
  declare host: string;
  /**
   * The scheme of the URL that the client has asked for. `"https"` when its connection is encrypted: a connection to this
   * server over TLS, or one to a proxy that says so in `X-Forwarded-Proto` or `Forwarded` and that the server's
   * `trustProxy` trusts.
   *
   * @example
   * const link = `${request.protocol}://${request.host}/reset`;
   */
  declare protocol: "http" | "https";
  /**
   * Whether {@link protocol} is `"https"`.
   *
   * @example
   * response.setCookie("session", token, { secure: request.isSecure });
   */
  declare isSecure: boolean;
  /** Whether the client asks for another protocol with `Upgrade`. @internal */
  declare upgrade: boolean | null;
  /** Whether the request has an Upgrade that Node would follow; on the prototype `false`. @internal */
  declare asksUpgrade: boolean;
  /** Hands the connection of a request for an upgrade over; `undefined` for other requests. @internal */
  declare handOver: ((response: PacketronResponse) => HandOver) | undefined;
  // Middleware may wrap a request in a Proxy or Object.create(). Private fields would throw there, so these are public.
  /** The value of `url` for which the route was looked up. @internal */
  routedUrl: string | undefined = undefined;
  /** Whether the client waits for `100 Continue` before it sends the body. @internal */
  expectsContinue = false;
  /** Whether code has read `headers`, and so may have changed it. @internal */
  headersMade = false;
  /** Whether the whole body has arrived while Node's stream has not been told of the end yet. @internal */
  isEndPending = false;
  /** Whether core has read the body. If so, a Node stream of the request has no data and ends at once. @internal */
  isRead = false;
  /** Whether code has used the request's stream while core answers the request without Node's code. @internal */
  hasListeners = false;
  /** The body's bytes; `null` until a byte arrives or code begins to read the body. @internal */
  bodyStream: BodyStream | null = null;
  /** The controller of {@link signal}. @internal */
  abortController: AbortController | null = null;
  #bodyHead: BodyHead | null = null;
  #body: BodyResult | null = null;
  #cache: AccessorCache | null = null;

  static {
    PacketronRequest.prototype.asksUpgrade = false;
    Object.defineProperties(PacketronRequest.prototype, {
      ...originProperties,
      signal: signalProperty,
      headers: headersProperty,
    });
  }

  /**
   * The parameters of the query. The last value of a name wins, `+` is a space, and a malformed `%` stays as it is.
   * Null prototype.
   *
   * @example
   * request.query.page; // "2" for /list?page=2
   */
  get query(): Record<string, string> {
    const cache = this.#cacheOfUrl();
    cache.query ??= parseQuery(this.url ?? "");
    return cache.query;
  }

  /**
   * Resolves with {@link query}.
   *
   * @example
   * const { page = "1" } = await request.getQueryParams();
   */
  async getQueryParams(): Promise<Record<string, string>> {
    return this.query;
  }

  /**
   * Resolves with all values of each parameter of the query, in the order of the URL. Null prototype.
   *
   * @example
   * (await request.getQueryParamsAll()).tag; // ["a", "b"] for /list?tag=a&tag=b
   */
  async getQueryParamsAll(): Promise<Record<string, string[]>> {
    const cache = this.#cacheOfUrl();
    cache.queryAll ??= parseQueryAll(this.url ?? "");
    return cache.queryAll;
  }

  /**
   * The cookies that the client sent. The first value of a name wins; a value that cannot be decoded stays as it is.
   * Null prototype.
   *
   * @example
   * request.cookies.session;
   */
  get cookies(): Record<string, string> {
    const cache = this.#accessorCache();
    cache.cookies ??= parseCookies(this.field("cookie"));
    return cache.cookies;
  }

  /** Resolves with {@link cookies}. */
  async getCookies(): Promise<Record<string, string>> {
    return this.cookies;
  }

  /**
   * Resolves with the value of one cookie; `null` when the client did not send it.
   *
   * @example
   * if ((await request.getCookie("session")) === null) response.sendStatusCode(401);
   */
  async getCookie(name: string): Promise<string | null> {
    return this.cookies[name] ?? null;
  }

  /**
   * The client's IP address; `""` when it is unknown. `X-Forwarded-For` is used only from a peer that the server's
   * `trustProxy` trusts.
   *
   * @example
   * request.ip; // "203.0.113.7"
   */
  get ip(): string {
    const cache = this.#accessorCache();
    cache.ip ??= this.server.readIp(this);
    return cache.ip;
  }

  /** Resolves with {@link ip}. */
  async getIp(): Promise<string> {
    return this.ip;
  }

  /**
   * The id of this request, which all its log lines carry. It is the `X-Request-Id` of a peer that the server's
   * `trustProxy` trusts (1 to 128 visible ASCII characters), else an id that the first reading makes. Middleware may
   * set another one.
   *
   * @example
   * response.setHeader("X-Request-Id", request.id); // "Zk3vT0aP-2s"
   */
  get id(): string {
    const cache = this.#accessorCache();
    cache.id ??= readRequestId(this.field("x-request-id"), () => this.server.isPeerTrusted(this));
    return cache.id;
  }

  set id(id: string) {
    this.#accessorCache().id = id;
  }

  /** Whether the request announces a body: it has a Content-Length above 0 or a Transfer-Encoding. */
  hasBody(): boolean {
    return this.bodyHead.isAnnounced;
  }

  /**
   * What the head says about the body. Read once, or at each call when middleware may have changed `headers`. @internal
   */
  get bodyHead(): BodyHead {
    if (this.#bodyHead === null || this.headersMade) this.#bodyHead = readBodyHead(this);
    return this.#bodyHead;
  }

  /**
   * Reads and parses the body. The first call starts the reading, in a plugin or in the handler; later calls return the
   * same promise.
   *
   * @typeParam Body The type that the caller expects. Packetron does not check it.
   * @returns The value that the route's parser makes; `null` when the request has no body or an empty one, when the
   *   route has no body flag, which is logged once a route when the request has a body; and when the body is not valid,
   *   for which {@link getBodyError} has the reason.
   * @throws PKT_BODY_TOO_LARGE when the body exceeds the route's cap: core has sent 413, and ignores what the handler
   *   sends. PKT_BODY_ABORTED when the client leaves before the body's end. PKT_BODY_CONSUMED when other code has read
   *   the request as a stream.
   * @example
   * const order = await request.getBody<Order>();
   * if (order === null) return response.sendStatusCode(400);
   */
  getBody<Body = unknown>(): Promise<Body | null> {
    const body = this.#read("getBody");
    return body === null ? Promise.resolve(null) : (body.value as Promise<Body | null>);
  }

  /**
   * Resolves with the files of a multipart body by field name; `{}` for any other body. The parser defines what a file
   * looks like.
   *
   * @throws The errors of {@link getBody}.
   * @example
   * const { avatar } = await request.getFiles();
   */
  getFiles<Files = Readonly<Record<string, unknown>>>(): Promise<Files> {
    return this.#afterBody("getFiles", (body) => (body?.files ?? NO_FILES) as Files);
  }

  /**
   * Resolves with the bytes of the body, content codings removed, on a route with the flag RAW_BODY. For example to
   * check a signature. With RAW_BODY and no body flag, `getBody()` resolves with `null`.
   *
   * @returns `null` without the flag, without a body or with an empty one, and for a parser that takes a stream.
   * @throws The errors of {@link getBody}.
   * @example
   * const bytes = await request.getRawBody();
   * const signature = createHmac("sha256", secret).update(bytes ?? "").digest("hex");
   */
  getRawBody(): Promise<Buffer | null> {
    return this.#afterBody("getRawBody", (body) => body?.raw ?? null);
  }

  /**
   * Resolves with the reason why `getBody()` returns `null` or rejects; `null` when the body is valid, empty or absent.
   * Reads the body, unless it has been read. Never rejects.
   *
   * @returns An error with one of the codes PKT_BODY_INVALID (with the parser's error as `cause`), PKT_BODY_TYPE,
   *   PKT_BODY_CODING and PKT_BODY_CHARSET, or a code of {@link getBody} or of the parser.
   * @example
   * const body = await request.getBody();
   * if (body === null) log.info({ err: await request.getBodyError() }, "no order");
   */
  async getBodyError(): Promise<Error | null> {
    const body = this.#read("getBodyError");
    await body?.value.catch(() => null);
    return body?.error ?? null;
  }

  /** Returns the value of a header, without making Node's object `headers` when no code has read it. @internal */
  field(name: string): string | undefined {
    return readField(this, name);
  }

  /** Takes a chunk of the body, or `null` at its end. Node's parser calls it. @internal */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null) {
      if (this.rawTrailers.length > 0 && !areTrailersAllowed(this.rawTrailers)) {
        refuseTrailers(this);
        return false;
      }
      const { bodyStream, response } = this;
      const sink = bodyStream === null ? null : bodyStream.sink;
      const more = response === null || response.responder.endRequest(this) ? super.push(null) : false;
      if (sink !== null) bodyStream?.end(sink);
      return more;
    }
    if (!Buffer.isBuffer(chunk)) return super.push(chunk, encoding);
    return bodyStreamOf(this).take(chunk) ?? super.push(chunk);
  }

  /** Sends `100 Continue` at the first read, if the client waits for it (RFC 9110 section 10.1.1). @internal */
  override _read(size: number): void {
    if (this.expectsContinue) {
      this.expectsContinue = false;
      if (this.response?.headersSent === false) this.response.writeContinue();
    }
    super._read(size);
  }

  /**
   * Destroys the request. Node calls it when the connection is closed, and when the request has been read to its end.
   */
  override destroy(error?: Error): this {
    if (this.response === null || this.response.responder.mayDestroy(this)) super.destroy(error);
    if (this.socket.destroyed) abortSignal(this);
    this.bodyStream?.abort();
    return this;
  }

  /**
   * Keeps the connection after a 413, and passes the error to the reader of the stream. Node would cut the connection,
   * and the 413 that is on its way would be lost. For an answer that had begun before, Node does cut: otherwise the
   * client would take it for complete.
   *
   * @internal
   */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.bodyStream?.isRefused === true) callback(this.listenerCount("error") > 0 ? error : null);
    else super._destroy(error, callback);
  }

  /** Answers 413, unless an answer has begun. `limit` is the cap in bytes. @internal */
  sendTooLarge(error: PacketronError, limit: number): void {
    if (this.response !== null) refuse(this.response, error, undefined, { limit });
  }

  #read(accessor: BodyAccessor): BodyResult | null {
    if (this.#body !== null) return this.#body;
    const { route } = this;
    if (route === null) return null;
    if (!readsBodies(route)) {
      warnMissingFlag(this, route, accessor);
      return null;
    }
    this.#body = readBody(this, route);
    return this.#body;
  }

  #afterBody<Value>(accessor: BodyAccessor, read: (body: BodyResult | null) => Value): Promise<Value> {
    const body = this.#read(accessor);
    if (body === null) return Promise.resolve(read(null));
    const value = body.value.then(() => read(body));
    value.catch(() => {}); // as with the promise of the body, a handler need not await it
    return value;
  }

  #cacheOfUrl(): AccessorCache {
    const cache = this.#accessorCache();
    if (cache.url !== this.url) {
      cache.url = this.url;
      cache.query = null;
      cache.queryAll = null;
    }
    return cache;
  }

  #accessorCache(): AccessorCache {
    this.#cache ??= {
      url: this.url,
      query: null,
      queryAll: null,
      cookies: null,
      ip: null,
      id: null,
    };
    return this.#cache;
  }
}

/** The class of a server's requests; each server has a subclass of its own. */
export type RequestClass = typeof PacketronRequest<Readonly<Record<string, string>>>;
