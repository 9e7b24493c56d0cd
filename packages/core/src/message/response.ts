/** The response that handlers get: Node's ServerResponse with the senders of the API. */
import {
  type CookieOptions,
  mergeSetCookie,
  serializeClearedCookie,
  serializeCookie,
} from "../http/set-cookie.ts";
import { http } from "../node/http.ts";
import type { Packetron } from "../server/packetron.ts";
import { answer, answerJson, answerRedirect, answerStatus, isAnswered, setStatus } from "./answer.ts";
import type { Guards } from "./answer-guards.ts";
import type { Answerings } from "./answerings.ts";
import { ExchangeState, type Responder } from "./exchange.ts";
import type { HeaderBlock } from "./header-block.ts";
import { warnLateAnswer } from "./late-answer.ts";
import { nodeResponder } from "./node-responder.ts";
import type { PacketronRequest } from "./request.ts";
import type { TracedRequest } from "./traces.ts";

/**
 * The response that gates and handlers get. Extends Node's `ServerResponse`.
 *
 * Every `send` method ends the response: it writes head and body at once, with a Content-Length. It keeps a
 * `statusCode` and headers that were set before, Content-Type among them. HEAD gets the headers of GET and no body;
 * 204, 304 and 1xx get no body and no length. A second answer is ignored, with one warning in the log.
 *
 * The `send` methods are ordinary methods of the prototype, return nothing and do not call each other. So wrapping one
 * on an instance changes only that method.
 *
 * @example
 * server.handle({
 *   routePath: "users/:id",
 *   handler: (request, response) => {
 *     response.setHeader("Cache-Control", "no-store");
 *     response.sendJson({ id: request.params.id });
 *   },
 * });
 */
export class PacketronResponse extends http.ServerResponse<PacketronRequest> {
  /** The server of the response. Set on the prototype of each server's own subclass, so it costs a response nothing. */
  declare readonly server: Packetron;
  /**
   * Whether Packetron answers in the handler's place, as with 413 while the body arrives. The handler's own answer is
   * ignored in this case, without a warning. A capability that answers in the handler's place sets it, too.
   */
  refused = false;
  /** Whether the handler of `onError()` is at work, so that answers are its own. @internal */
  declare awaitsErrorHandler: boolean;
  /** Sends the answer: Node's way or directly. @internal */
  responder: Responder = nodeResponder;
  // The next two are set only while a capability listens with settled(): own fields cost each response nanoseconds.
  /** When the exchange began, by `performance.now()`; 0 once it has been reported. @internal */
  declare startedAt: number | undefined;
  /** The bytes of the body of a direct answer. @internal */
  declare bytesOut: number | undefined;
  /** The trace of the request, while a tool subscribes to tracing channels; else `null`, on the prototype. @internal */
  declare trace: TracedRequest | null | undefined;
  /** The functions of `host.answering()`; `null`, on the prototype, on a server without them. @internal */
  declare answerings: Answerings | null | undefined;
  /** Where these functions stand, one of {@link AnsweringState}; `undefined` before they have run. @internal */
  declare answering: number | undefined;
  /** The own methods by which these functions see each answer; `null`, on the prototype, without them. @internal */
  declare guards: Guards | null;
  /** Headers that one of these functions has prepared; `null`, on the prototype, without them. @internal */
  declare headerBlock: HeaderBlock | null;
  /** The state of the exchange, one of {@link ExchangeState}. @internal */
  state: number = ExchangeState.NODE;

  static {
    // An own field would cost each response a few nanoseconds.
    PacketronResponse.prototype.awaitsErrorHandler = false;
    PacketronResponse.prototype.answerings = null;
    PacketronResponse.prototype.trace = null;
    PacketronResponse.prototype.guards = null;
    PacketronResponse.prototype.headerBlock = null;
  }

  /**
   * Sends a value as `application/json; charset=utf-8`. `undefined` is sent as `null`.
   *
   * A value that JSON cannot represent does not throw: a cycle, a BigInt, a `toJSON()` that throws, nesting that
   * exhausts the stack. The error is logged as PKT_RESPONSE_NOT_SERIALIZABLE, and the client gets the answer of
   * `onError()`, or a 500.
   *
   * @param status Sets `statusCode`; an integer from 100 to 999, see {@link HttpResponseCode}. By default `statusCode`
   *   stays as it is: 200, or what was set before.
   * @throws PKT_RESPONSE_STATUS (a RangeError) when the status is not such an integer.
   * @example
   * response.sendJson({ id: 7 }, HttpResponseCode.CREATED);
   */
  sendJson(value: unknown, status?: number): void {
    if (isAnswered(this, "sendJson() was called")) return;
    if (status !== undefined) setStatus(this, status);
    answerJson(this, value);
  }

  /**
   * Sends `text/html; charset=utf-8`. Does not escape anything: escape what users have entered.
   *
   * @param status As in {@link sendJson}.
   * @throws PKT_RESPONSE_STATUS (a RangeError) when the status is not an integer from 100 to 999.
   * @example
   * response.sendHtml("<h1>Hi</h1>");
   */
  sendHtml(html: string, status?: number): void {
    if (isAnswered(this, "sendHtml() was called")) return;
    if (status !== undefined) setStatus(this, status);
    answer(this, "text/html; charset=utf-8", toText(html));
  }

  /**
   * Sends `text/plain; charset=utf-8`.
   *
   * @param status As in {@link sendJson}.
   * @throws PKT_RESPONSE_STATUS (a RangeError) when the status is not an integer from 100 to 999.
   * @example
   * response.sendTextPlain("hello");
   */
  sendTextPlain(text: string, status?: number): void {
    if (isAnswered(this, "sendTextPlain() was called")) return;
    if (status !== undefined) setStatus(this, status);
    answer(this, TEXT, toText(text));
  }

  /**
   * Sends a value by its type: a string, number, bigint or boolean as text; bytes (a Buffer, an ArrayBuffer, any typed
   * array) as `application/octet-stream`; objects, arrays and `null` as JSON; `undefined` as an empty body.
   *
   * @param status As in {@link sendJson}.
   * @throws PKT_RESPONSE_STATUS (a RangeError) when the status is not an integer from 100 to 999.
   * @example
   * response.send({ status: "ok" }); // JSON
   * response.send("later", HttpResponseCode.ACCEPTED); // text
   */
  send(payload?: unknown, status?: number): void {
    if (isAnswered(this, "send() was called")) return;
    if (status !== undefined) setStatus(this, status);
    if (payload === undefined) answer(this, null, "");
    else if (isPrimitive(payload)) answer(this, TEXT, String(payload));
    else if (ArrayBuffer.isView(payload)) answer(this, "application/octet-stream", toBytes(payload));
    else if (payload instanceof ArrayBuffer)
      answer(this, "application/octet-stream", new Uint8Array(payload));
    else answerJson(this, payload);
  }

  /**
   * Answers 200 with an empty body; ignores `statusCode`.
   *
   * @example
   * response.sendOk();
   */
  sendOk(): void {
    if (!isAnswered(this, "sendOk() was called")) answerStatus(this, 200);
  }

  /**
   * Answers with a status and an empty body.
   *
   * @param status An integer from 100 to 999, see {@link HttpResponseCode}.
   * @throws PKT_RESPONSE_STATUS (a RangeError) for any other value.
   * @example
   * response.sendStatusCode(HttpResponseCode.NOT_FOUND);
   */
  sendStatusCode(status: number): void {
    if (!isAnswered(this, "sendStatusCode() was called")) answerStatus(this, status);
  }

  /**
   * Redirects the client to another location, with an empty body.
   *
   * Characters that a URI cannot have are percent-encoded. A location that clients can choose may lead to another site:
   * check it first.
   *
   * @param location A path such as `"/login"`, or a URL.
   * @param status 301, 302, 303, 307 or 308. The client repeats the method and the body with 307 and 308; 301 and 308
   *   are permanent, and browsers remember them. Default: 302.
   * @throws PKT_RESPONSE_REDIRECT for a location with control characters or without any, and for another status.
   * @example
   * response.redirect("/login");
   * response.redirect(`/orders/${id}`, HttpResponseCode.SEE_OTHER);
   */
  redirect(location: string | URL, status = 302): void {
    if (!isAnswered(this, "redirect() was called")) answerRedirect(this, location, status);
  }

  /**
   * Sets a cookie, and percent-encodes its value. Replaces an earlier cookie of the same name, path and domain.
   *
   * @param options `maxAge` is in seconds; `sameSite` takes any case, and `none` forces `Secure`.
   * @throws PKT_COOKIE_INVALID for illegal characters in name, path, domain, sameSite or priority, and for a `maxAge`
   *   that is not a number or an `expires` that is not a date. The message says what is wrong.
   * @example
   * response.setCookie("session", token, { path: "/", maxAge: 3600, httpOnly: true, secure: true, sameSite: "lax" });
   */
  setCookie(name: string, value: string, options?: CookieOptions): void {
    addCookie(this, serializeCookie(name, value, options), "setCookie() was called");
  }

  /**
   * Removes a cookie from the browser: sets an empty cookie that expired in 1970. Path and domain have to be those with
   * which the cookie was set.
   *
   * @throws PKT_COOKIE_INVALID in the same cases as `setCookie()`.
   * @example
   * response.clearCookie("session", { path: "/" });
   */
  clearCookie(name: string, options?: CookieOptions): void {
    addCookie(this, serializeClearedCookie(name, options), "clearCookie() was called");
  }

  /**
   * Logs an "error" without a listener as a late answer. Node emits "error" for a `write()` or `end(text)` after the
   * end, and an "error" without a listener ends the process: one late write would end all requests of the worker.
   *
   * @internal
   */
  override emit(event: string | symbol, ...parameters: unknown[]): boolean {
    if (event === "error" && this.listenerCount("error") === 0) {
      warnLateAnswer(this, "write() or end() was called", parameters[0]);
      return false;
    }
    return super.emit(event, ...parameters);
  }
}

const TEXT = "text/plain; charset=utf-8";

function addCookie(response: PacketronResponse, line: string, call: string): void {
  if (isAnswered(response, call)) return;
  response.setHeader("Set-Cookie", mergeSetCookie(response.getHeader("Set-Cookie"), line));
}

function isPrimitive(value: unknown): value is string | number | boolean | bigint {
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" || type === "bigint";
}

/**
 * Converts the argument of a sender. JavaScript callers may pass any value; Node throws at all but strings and bytes.
 */
function toText(text: unknown): string | Uint8Array {
  if (typeof text === "string") return text;
  if (ArrayBuffer.isView(text)) return toBytes(text);
  return text === undefined || text === null ? "" : String(text);
}

function toBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
