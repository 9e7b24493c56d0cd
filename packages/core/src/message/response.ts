/** How a handler answers: the senders of the API, on top of Node's own ServerResponse. */
import {
  type CookieOptions,
  mergeSetCookie,
  serializeClearedCookie,
  serializeCookie,
} from "../http/set-cookie.ts";
import { http } from "../node/http.ts";
import type { Packetron } from "../server/packetron.ts";
import { answer, answerJson, answerStatus, isAnswered } from "./answer.ts";
import { ExchangeState, type Responder } from "./exchange.ts";
import { warnLateAnswer } from "./late-answer.ts";
import { nodeResponder } from "./node-responder.ts";
import type { PacketronRequest } from "./request.ts";

/**
 * A response. Extends Node's `ServerResponse`.
 *
 * Every `send` method ends the response: head and body leave in one write, with their length. A `statusCode` and headers
 * that were set before are kept, `Content-Type` among them. HEAD gets the headers of GET and no body; 204, 304 and 1xx
 * get neither body nor length. Sending again is ignored, with one warning in the log.
 *
 * They are ordinary methods of the prototype, return nothing and do not call each other, so that wrapping one on an
 * instance changes just that one.
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
  /** The server that answers; set on the prototype of each server's own subclass, so it costs a response nothing. */
  declare readonly server: Packetron;
  /**
   * Whether Packetron has answered by itself, as with 413 while the body came in: whatever the handler sends then is
   * ignored without a word. A capability that answers in the handler's place sets it too.
   */
  refused = false;
  /** Sends the answer. @internal */
  responder: Responder = nodeResponder;
  /** One of {@link ExchangeState}. @internal */
  state: number = ExchangeState.NODE;

  /**
   * Sends a value as JSON, `application/json; charset=utf-8`. `undefined` is sent as `null`.
   *
   * A value that JSON cannot hold (a cycle, a BigInt, a `toJSON` that throws, nesting that exhausts the stack) is an
   * unexpected error of its own: the client gets an empty 500, the log PKT_RESPONSE_NOT_SERIALIZABLE. It does not throw.
   *
   * @throws PKT_RESPONSE_STATUS (a RangeError) when `statusCode` is no integer from 100 to 999.
   * @example
   * response.statusCode = 201;
   * response.sendJson({ id: 7 });
   */
  sendJson(value: unknown): void {
    if (!isAnswered(this, "sendJson() was called")) answerJson(this, value);
  }

  /**
   * Sends HTML, `text/html; charset=utf-8`. Nothing is escaped.
   *
   * @throws PKT_RESPONSE_STATUS (a RangeError) when `statusCode` is no integer from 100 to 999.
   * @example
   * response.sendHtml("<h1>Hi</h1>");
   */
  sendHtml(html: string): void {
    if (!isAnswered(this, "sendHtml() was called")) answer(this, "text/html; charset=utf-8", toText(html));
  }

  /**
   * Sends text, `text/plain; charset=utf-8`.
   *
   * @throws PKT_RESPONSE_STATUS (a RangeError) when `statusCode` is no integer from 100 to 999.
   * @example
   * response.sendTextPlain("hello");
   */
  sendTextPlain(text: string): void {
    if (!isAnswered(this, "sendTextPlain() was called")) answer(this, TEXT, toText(text));
  }

  /**
   * Sends a value as what it is: a string, number or boolean as text; bytes (a Buffer, any typed array) as
   * `application/octet-stream`; objects, arrays and `null` as JSON; `undefined` as an empty answer.
   *
   * @throws PKT_RESPONSE_STATUS (a RangeError) when `statusCode` is no integer from 100 to 999.
   * @example
   * response.send({ status: "ok" }); // JSON
   * response.send("ok"); // text
   */
  send(payload?: unknown): void {
    if (isAnswered(this, "send() was called")) return;
    if (payload === undefined) answer(this, null, "");
    else if (isPrimitive(payload)) answer(this, TEXT, String(payload));
    else if (ArrayBuffer.isView(payload)) answer(this, "application/octet-stream", toBytes(payload));
    else if (payload instanceof ArrayBuffer)
      answer(this, "application/octet-stream", new Uint8Array(payload));
    else answerJson(this, payload);
  }

  /**
   * Answers 200 with an empty body, whatever `statusCode` was.
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
   * @throws PKT_RESPONSE_STATUS (a RangeError) for any other.
   * @example
   * response.sendStatusCode(HttpResponseCode.NOT_FOUND);
   */
  sendStatusCode(status: number): void {
    if (!isAnswered(this, "sendStatusCode() was called")) answerStatus(this, status);
  }

  /**
   * Sets a cookie. An earlier one of the same name, path and domain is replaced; the value is percent-encoded.
   *
   * @param options `maxAge` is in seconds; `sameSite` takes any case, and `none` forces `Secure`.
   * @throws PKT_COOKIE_INVALID for illegal characters in name, path, domain, sameSite or priority, and for a `maxAge` or
   *   `expires` that is none. The message says what is wrong.
   * @example
   * response.setCookie("session", token, { path: "/", maxAge: 3600, httpOnly: true, secure: true, sameSite: "lax" });
   */
  setCookie(name: string, value: string, options?: CookieOptions): void {
    addCookie(this, serializeCookie(name, value, options), "setCookie() was called");
  }

  /**
   * Removes a cookie from the browser: an empty one that ended in 1970. Browsers want the path and domain with which it
   * was set.
   *
   * @throws PKT_COOKIE_INVALID, as `setCookie()`.
   * @example
   * response.clearCookie("session", { path: "/" });
   */
  clearCookie(name: string, options?: CookieOptions): void {
    addCookie(this, serializeClearedCookie(name, options), "clearCookie() was called");
  }

  /**
   * Node emits "error" for a `write()` or `end(text)` after the end, and an "error" nobody listens to ends the process:
   * one late write of one handler would take all requests of the worker along. It is a warning here.
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

/** Callers without types may give anything; Node would throw at what is neither text nor bytes. */
function toText(text: unknown): string | Uint8Array {
  if (typeof text === "string") return text;
  if (ArrayBuffer.isView(text)) return toBytes(text);
  return text === undefined || text === null ? "" : String(text);
}

function toBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
