/** What a handler learns about a request: the accessors of the API, on top of Node's own IncomingMessage. */

import { type BodyStream, bodyStreamOf } from "../body/body-stream.ts";
import { type BodyHead, readBodyHead } from "../body/head.ts";
import { readBody } from "../body/read.ts";
import { type BodyResult, NO_FILES } from "../body/result.ts";
import { readsBodies } from "../body/select-parser.ts";
import { parseCookies } from "../http/cookies.ts";
import { parseQuery, parseQueryAll } from "../http/query.ts";
import { http } from "../node/http.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { Packetron } from "../server/packetron.ts";
import { abortSignal, signalProperty } from "./client-signal.ts";
import { sendError } from "./fail.ts";
import { headersProperty, readField } from "./request-headers.ts";
import { readRequestId } from "./request-id.ts";
import type { PacketronResponse } from "./response.ts";

/** The parameters of a request whose route has none. */
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** Results of accessors; made by the first of them, so that a request which needs none of it does not pay. */
interface AccessorCache {
  /** The URL that the query was parsed from: a plugin may rewrite it. */
  url: string | undefined;
  query: Record<string, string> | null;
  queryAll: Record<string, string[]> | null;
  cookies: Record<string, string> | null;
  ip: string | null;
  id: string | null;
}

/**
 * A request. Extends Node's `IncomingMessage`; `Params` are the parameters of the route's path.
 *
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
> extends http.IncomingMessage {
  /** The server that serves it; set on the prototype of each server's own subclass, so it costs a request nothing. */
  declare readonly server: Packetron;
  /** Values of `:name` and `*` of the route's path, decoded once; null prototype. */
  params: Params = NO_PARAMS as Params;
  /**
   * The canonical path: decoded once, without the query. Set before the first gate runs, and again when a gate of the
   * server has changed `url`. Empty for a path that nobody can have (`/a//b`, `/a/../b`), `*` for `OPTIONS *`.
   */
  path = "/";
  /** The route that answers, `null` for a 404 or 405. */
  route: PacketronRoute | null = null;
  /** The answer to this request; there from the first gate on. */
  response: PacketronResponse | null = null;
  /**
   * Aborts when the client leaves before it has the whole answer: for work that has no use then.
   *
   * @example
   * const rows = await fetch(reportUrl, { signal: request.signal });
   */
  declare readonly signal: AbortSignal;
  /** Whether the client asks for another protocol. @internal */
  declare upgrade: boolean | null;
  // Middleware passes requests through a Proxy or Object.create(). What they ask for there must not be a private field.
  /** The URL that the route was found by. @internal */
  routedUrl: string | undefined = undefined;
  /** Whether the client waits for `100 Continue` before it sends the body. @internal */
  expectsContinue = false;
  /** Whether `headers` has been asked for, and may have been changed. @internal */
  headersMade = false;
  /** Whether the end of the body has arrived, and Node's stream has not been told. @internal */
  isEndPending = false;
  /** Whether core has read the body, so that Node's stream has nothing to wait for. @internal */
  isRead = false;
  /** Whether the stream has users since the direct answer was given. @internal */
  hasListeners = false;
  /** The bytes of the body; made with the first one. @internal */
  bodyStream: BodyStream | null = null;
  /** The controller of {@link signal}. @internal */
  abortController: AbortController | null = null;
  #bodyHead: BodyHead | null = null;
  #body: BodyResult | null = null;
  #cache: AccessorCache | null = null;

  static {
    Object.defineProperties(PacketronRequest.prototype, { signal: signalProperty, headers: headersProperty });
  }

  /**
   * The query's parameters; the last of a name wins, `+` is a space, malformed `%` stays as it is. Null prototype.
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
   * {@link query} as a promise.
   *
   * @example
   * const { page = "1" } = await request.getQueryParams();
   */
  async getQueryParams(): Promise<Record<string, string>> {
    return this.query;
  }

  /**
   * All values of each parameter of the query, in the order of the URL. Null prototype.
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
   * The cookies that the client sent; the first of a name wins, values are decoded tolerantly. Null prototype.
   *
   * @example
   * request.cookies.session;
   */
  get cookies(): Record<string, string> {
    const cache = this.#accessorCache();
    cache.cookies ??= parseCookies(this.field("cookie"));
    return cache.cookies;
  }

  /** {@link cookies} as a promise. */
  async getCookies(): Promise<Record<string, string>> {
    return this.cookies;
  }

  /**
   * One cookie, `null` when the client did not send it.
   *
   * @example
   * if ((await request.getCookie("session")) === null) response.sendStatusCode(401);
   */
  async getCookie(name: string): Promise<string | null> {
    return this.cookies[name] ?? null;
  }

  /**
   * The client's address. `X-Forwarded-For` counts only when it comes from a peer that the server's `trustProxy`
   * believes.
   *
   * @example
   * request.ip; // "203.0.113.7"
   */
  get ip(): string {
    const cache = this.#accessorCache();
    cache.ip ??= this.server.readIp(this);
    return cache.ip;
  }

  /** {@link ip} as a promise. */
  async getIp(): Promise<string> {
    return this.ip;
  }

  /**
   * What the log lines about this request have in common: the `X-Request-Id` of a peer that the server's `trustProxy`
   * believes (1 to 128 visible ASCII characters), else one that is made up when it is first asked for. Middleware may set
   * another.
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

  /** Whether the request announces a body: a Content-Length above 0, or a Transfer-Encoding. */
  hasBody(): boolean {
    return this.bodyHead.isAnnounced;
  }

  /** What the head says about the body. Read once, unless middleware has `headers` and may change them. @internal */
  get bodyHead(): BodyHead {
    if (this.#bodyHead === null || this.headersMade) this.#bodyHead = readBodyHead(this);
    return this.#bodyHead;
  }

  /**
   * The parsed body. Reading starts with the first call, in a plugin or in the handler; later calls give the same.
   *
   * @typeParam Body What the caller expects it to be; nothing checks it.
   * @returns `null` when there is no body, when it is empty, when the route has no body bit, and when it is not valid:
   *   then {@link getBodyError} tells why.
   * @throws PKT_BODY_TOO_LARGE when it grows over the route's cap: 413 has been sent, and what the handler sends is
   *   ignored. PKT_BODY_ABORTED when the client goes away before its end. PKT_BODY_CONSUMED when something has read
   *   the request as a stream.
   * @example
   * const order = await request.getBody<Order>();
   * if (order === null) return response.sendStatusCode(400);
   */
  getBody<Body = unknown>(): Promise<Body | null> {
    const body = this.#read();
    return body === null ? Promise.resolve(null) : (body.value as Promise<Body | null>);
  }

  /**
   * The files of a multipart body by field name, `{}` for any other. What a file looks like is up to the parser.
   *
   * @throws As {@link getBody} does.
   * @example
   * const { avatar } = await request.getFiles();
   */
  getFiles<Files = Readonly<Record<string, unknown>>>(): Promise<Files> {
    return this.#afterBody((body) => (body?.files ?? NO_FILES) as Files);
  }

  /**
   * The bytes of the body, content codings removed, on a route with the flag RAW_BODY: for a signature over what was
   * sent. Beside a body bit it gives what was parsed; alone, `getBody()` stays `null`.
   *
   * @returns `null` without the flag, when there is no body or an empty one, and for parsers that take the body as a
   *   stream.
   * @throws As {@link getBody} does.
   * @example
   * const bytes = await request.getRawBody();
   * const signature = createHmac("sha256", secret).update(bytes ?? "").digest("hex");
   */
  getRawBody(): Promise<Buffer | null> {
    return this.#afterBody((body) => body?.raw ?? null);
  }

  /**
   * Why `getBody()` gives `null` or rejects, `null` when nothing is wrong with the body. Reads the body when nobody has;
   * never rejects. Codes: PKT_BODY_INVALID (with the parser's error as `cause`), PKT_BODY_TYPE, PKT_BODY_CODING,
   * PKT_BODY_CHARSET, those of {@link getBody}, and those of the parser.
   *
   * @example
   * const body = await request.getBody();
   * if (body === null) log.info({ err: await request.getBodyError() }, "no order");
   */
  async getBodyError(): Promise<Error | null> {
    const body = this.#read();
    await body?.value.catch(() => null);
    return body?.error ?? null;
  }

  /** The value of a header; does not make `headers` where nothing has asked for it. @internal */
  field(name: string): string | undefined {
    return readField(this, name);
  }

  /** Called by Node's parser for each chunk of the body, and with `null` at its end. @internal */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null) {
      const { bodyStream, response } = this;
      const sink = bodyStream === null ? null : bodyStream.sink;
      const more = response === null || response.responder.endRequest(this) ? super.push(null) : false;
      if (sink !== null) bodyStream?.end(sink);
      return more;
    }
    if (!Buffer.isBuffer(chunk)) return super.push(chunk, encoding);
    return bodyStreamOf(this).take(chunk) ?? super.push(chunk);
  }

  /** The first read tells a client that waits to send its body (RFC 9110 section 10.1.1). @internal */
  override _read(size: number): void {
    if (this.expectsContinue) {
      this.expectsContinue = false;
      if (this.response?.headersSent === false) this.response.writeContinue();
    }
    super._read(size);
  }

  /** Node calls it when the connection is closed, however the request ended, and when it was read to its end. */
  override destroy(error?: Error): this {
    if (this.response === null || this.response.responder.mayDestroy(this)) super.destroy(error);
    if (this.socket.destroyed) abortSignal(this);
    this.bodyStream?.abort();
    return this;
  }

  /**
   * After a 413 the reader of the stream gets the error, but the connection stays: Node would cut it, and the answer that
   * is on its way would be lost. An answer that had begun before is cut, so that the client does not take it for whole.
   *
   * @internal
   */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.bodyStream?.isRefused === true) callback(this.listenerCount("error") > 0 ? error : null);
    else super._destroy(error, callback);
  }

  /** Answers 413, unless an answer has begun. @internal */
  sendTooLarge(): void {
    if (this.response !== null) sendError(this.response, 413);
  }

  #read(): BodyResult | null {
    if (this.#body !== null) return this.#body;
    const { route } = this;
    if (route === null || !readsBodies(route)) return null;
    this.#body = readBody(this, route);
    return this.#body;
  }

  #afterBody<Value>(read: (body: BodyResult | null) => Value): Promise<Value> {
    const body = this.#read();
    if (body === null) return Promise.resolve(read(null));
    const value = body.value.then(() => read(body));
    value.catch(() => {}); // like the body's own promise: nobody has to await it
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
    this.#cache ??= { url: this.url, query: null, queryAll: null, cookies: null, ip: null, id: null };
    return this.#cache;
  }
}

/** A class of requests; each server has its own. */
export type RequestClass = typeof PacketronRequest<Readonly<Record<string, string>>>;
