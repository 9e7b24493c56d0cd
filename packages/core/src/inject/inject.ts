/** `server.inject()`: sends a request that is written as an object, and returns the whole answer. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { assertOptions } from "../errors/assert-options.ts";
import { optionError } from "../errors/errors.ts";
import { methodNames, type RequestMethod } from "../http/methods.ts";
import type { Injector, SentBody, SentRequest } from "./injector.ts";

/** A request for `server.inject()`. */
export interface InjectOptions {
  /** A name such as `"POST"`, or a value of `PacketronRequestMethod`; GET by default. */
  method?: string | RequestMethod | undefined;
  /** The path with its query; the leading slash is optional. `"/"` by default. */
  path?: string | undefined;
  /** The headers by name. `Host` is `localhost`, and `Content-Length` the length of the body, unless they are set. */
  headers?: OutgoingHttpHeaders | undefined;
  /**
   * Text, bytes, or an async iterable such as a stream, which is sent in chunks. Any other plain object or array is sent as
   * JSON, with its `Content-Type` unless that is set.
   */
  body?: string | Uint8Array | object | undefined;
  /** Ends the request when it aborts: the client goes away, and `inject()` rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

/** The whole answer to an injected request. */
export interface InjectedAnswer {
  readonly status: number;
  /** The headers by lower-case name, as Node's client gives them: several `set-cookie` are an array. */
  readonly headers: IncomingHttpHeaders;
  /** The body as UTF-8 text. */
  text(): string;
  /** The value of the JSON body. Throws a `SyntaxError` when the body is not JSON. */
  json(): unknown;
  /** The bytes of the body. */
  bytes(): Uint8Array;
}

/** Sends a request, and returns its answer once the whole body has arrived. */
export async function inject(injector: Injector, options: InjectOptions): Promise<InjectedAnswer> {
  const sent = readOptions(options);
  const { message, closed } = await injector.send(sent);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  await closed;
  const body = Buffer.concat(chunks);
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text: () => body.toString(),
    json: () => JSON.parse(body.toString()),
    bytes: () => new Uint8Array(body),
  };
}

function readOptions(options: InjectOptions): SentRequest {
  const known = ["method", "path", "headers", "body", "signal"];
  assertOptions("inject()", options, known, 'an object such as { path: "status" }');
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw optionError("inject().signal", signal, "an AbortSignal");
  const { body, type } = readBody(options.body);
  return {
    method: readMethod(options.method),
    path: readPath(options.path),
    headers: readHeaders(options.headers, type),
    body,
    signal,
  };
}

function readHeaders(given: unknown = {}, type?: string): OutgoingHttpHeaders {
  if (typeof given !== "object" || given === null || Symbol.iterator in given)
    throw optionError("inject().headers", given, "a plain object with the headers by name");
  const headers: OutgoingHttpHeaders = { ...given };
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  if (type !== undefined && !hasType) headers["Content-Type"] = type;
  return headers;
}

function readMethod(method: unknown = "GET"): string {
  const name = typeof method === "number" ? methodNames[method] : method;
  if (typeof name === "string" && /^[A-Za-z-]+$/.test(name)) return name;
  throw optionError("inject().method", method, 'a name such as "POST", or a value of PacketronRequestMethod');
}

function readPath(path: unknown = "/"): string {
  if (typeof path === "string" && /^[\x21-\x7e]*$/.test(path))
    return path === "*" || path.startsWith("/") ? path : `/${path}`;
  throw optionError(
    "inject().path",
    path,
    'a path such as "users/1?full=true", with other characters percent-encoded',
  );
}

function readBody(body: unknown): { readonly body: SentBody; readonly type?: string } {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return { body };
  if (isAsyncIterable(body)) return { body };
  if (Array.isArray(body) || Object.prototype.toString.call(body) === "[object Object]")
    return { body: JSON.stringify(body), type: "application/json" };
  throw optionError(
    "inject().body",
    body,
    "text, bytes, an async iterable, or a plain object for JSON; server.fetch() takes every other body",
  );
}

function isAsyncIterable(value: unknown): value is AsyncIterable<string | Uint8Array> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
