/** What a handler learns about a request: the accessors of the API, on top of Node's own IncomingMessage. */

import { BodySource } from "../body/body-stream.ts";
import { announcesBody, readBodyHead } from "../body/head.ts";
import { readBody } from "../body/read.ts";
import { type BodyOutcome, NO_FILES } from "../body/result.ts";
import { readsBodies } from "../body/select-parser.ts";
import { parseCookies } from "../http/cookies.ts";
import { parseQuery, parseQueryAll } from "../http/query.ts";
import type { Packetron } from "../server/packetron.ts";
import { readRequestId } from "./request-id.ts";

/** The parameters of a request whose route has none. */
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** What accessors remember; made by the first of them, so that a request which needs none of it does not pay. */
interface Memory {
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
> extends BodySource {
  /** The server that serves it; set on the prototype of each server's own subclass, so it costs a request nothing. */
  declare readonly server: Packetron;
  /** Values of `:name` and `*` of the route's path, decoded once; null prototype. */
  params: Params = NO_PARAMS as Params;
  /**
   * The canonical path: decoded once, without the query. Set before the first gate runs, and again when a gate of the
   * server has changed `url`. Empty for a path that nobody can have (`/a//b`, `/a/../b`), `*` for `OPTIONS *`.
   */
  path = "/";
  /** The URL that the route was found by. @internal */
  routedUrl: string | undefined = undefined;
  #body: BodyOutcome | null = null;
  #memory: Memory | null = null;

  /**
   * The query's parameters; the last of a name wins, `+` is a space, malformed `%` stays as it is. Null prototype.
   *
   * @example
   * request.query.page; // "2" for /list?page=2
   */
  get query(): Record<string, string> {
    const memory = this.#rememberUrl();
    memory.query ??= parseQuery(this.url ?? "");
    return memory.query;
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
    const memory = this.#rememberUrl();
    memory.queryAll ??= parseQueryAll(this.url ?? "");
    return memory.queryAll;
  }

  /**
   * The cookies that the client sent; the first of a name wins, values are decoded tolerantly. Null prototype.
   *
   * @example
   * request.cookies.session;
   */
  get cookies(): Record<string, string> {
    const memory = this.#remember();
    memory.cookies ??= parseCookies(this.field("cookie"));
    return memory.cookies;
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
    const memory = this.#remember();
    memory.ip ??= this.server.readIp(this);
    return memory.ip;
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
    const memory = this.#remember();
    memory.id ??= readRequestId(this.field("x-request-id"), () => this.server.isPeerTrusted(this));
    return memory.id;
  }

  set id(id: string) {
    this.#remember().id = id;
  }

  /** Whether the request announces a body: a Content-Length above 0, or a Transfer-Encoding. */
  hasBody(): boolean {
    return announcesBody(readBodyHead(this));
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

  #read(): BodyOutcome | null {
    if (this.#body !== null) return this.#body;
    const { route } = this;
    if (route === null || !readsBodies(route)) return null;
    this.#body = readBody(this, route);
    return this.#body;
  }

  #afterBody<Value>(read: (body: BodyOutcome | null) => Value): Promise<Value> {
    const body = this.#read();
    if (body === null) return Promise.resolve(read(null));
    const value = body.value.then(() => read(body));
    value.catch(() => {}); // like the body's own promise: nobody has to await it
    return value;
  }

  #rememberUrl(): Memory {
    const memory = this.#remember();
    if (memory.url !== this.url) {
      memory.url = this.url;
      memory.query = null;
      memory.queryAll = null;
    }
    return memory;
  }

  #remember(): Memory {
    this.#memory ??= { url: this.url, query: null, queryAll: null, cookies: null, ip: null, id: null };
    return this.#memory;
  }
}
