/**
 * Every error that core throws, rejects with or logs, in one table. A row has the code, the message, and the HTTP status
 * that a client gets when the error ends its request. Codes never change; messages may improve.
 */
import { defineErrors, type ErrorFactory, type PacketronError } from "./define-errors.ts";
import { showValue } from "./show-value.ts";

export { isPacketronError, PacketronError } from "./define-errors.ts";

/** The status that refuses a request, with its reason phrase. */
interface RefusedStatus {
  readonly status: number;
  readonly reason: string;
}

/** The codes of core, each with the facts that its message shows. */
interface CoreErrors {
  PKT_OPTION_INVALID: { option: string; received: string | number; expected: string };
  PKT_OPTION_UNKNOWN: { kind: string; option: string; hint: string };
  PKT_CONSTANT_UNKNOWN: { object: string; name: string; hint: string };
  PKT_FLAG_UNKNOWN: { unknown: string; family: string; flags: number; known: string; object: string };
  PKT_FLAG_UNCLAIMED: { flag: string; package: string; factory: string };
  PKT_MEMBER_UNCLAIMED: { member: string; package: string; factory: string };
  PKT_MEMBER_UNKNOWN: { member: string; instead: string };
  PKT_FLAG_CONFLICT: { second: string; family: string; bit: string; name: string; first: string };
  PKT_CAPABILITY_INVALID: { index: number; received: string };
  PKT_CAPABILITY_DUPLICATE: { name: string };
  PKT_CAPABILITY_CONFLICT: { second: string; what: string; first: string };
  PKT_CAPABILITY_SEALED: { verb: string; name: string };
  PKT_CAPABILITY_INSTALL: { name: string; reason: string };
  PKT_AROUND_TWICE: { name: string };
  PKT_ROUTE_PATH: { option: string; path: string; problem: string };
  PKT_ROUTE_HANDLER: { path: string; received: string };
  PKT_ROUTE_METHOD: { path: string; received: string; example: string };
  PKT_ROUTE_RUNTIME: { path: string };
  PKT_REQUEST_NOT_FOUND: { method: string; path: string };
  PKT_REQUEST_METHOD: { method: string; path: string; allow: string };
  PKT_REQUEST_UPGRADE: { method: string; path: string; protocol: string };
  PKT_REQUEST_MALFORMED: RefusedStatus;
  PKT_REQUEST_TIMEOUT: undefined;
  PKT_REQUEST_REFUSED: RefusedStatus;
  PKT_HANDLER_TIMEOUT: { route: string; timeout: number };
  PKT_BODY_TOO_LARGE: { limit: number };
  PKT_BODY_ABORTED: { received: number };
  PKT_BODY_INVALID: { parser: string; reason: string };
  PKT_BODY_TYPE: { received: string; expected: string };
  PKT_BODY_CODING: { received: string | undefined; expected: string };
  PKT_BODY_CHARSET: { received: string };
  PKT_BODY_CONSUMED: undefined;
  PKT_RESPONSE_NOT_SERIALIZABLE: { reason: string };
  PKT_RESPONSE_STATUS: { received: string };
  PKT_RESPONSE_REDIRECT: { argument: string; received: string; expected: string };
  PKT_RESPONSE_ENDED: { call: string };
  PKT_COOKIE_INVALID: { name: string; problem: string };
  PKT_SERVER_PORT_IN_USE: { place: string; tried: string; cure: string };
  PKT_SERVER_LISTEN: { place: string; reason: string };
  PKT_SERVER_STOPPED: undefined;
  PKT_SERVER_ALREADY_READY: undefined;
  PKT_CLUSTER_NO_WORKERS: { threads: number; place: string; reason: string; cure: string };
  PKT_CLUSTER_NOT_READY: { worker: number; timeout: number };
  PKT_CLUSTER_WORKER_DIED: { worker: number; reason: string; detail: string };
  PKT_CLUSTER_CRASH_LOOP: { count: number; window: number; first: string };
  PKT_CLUSTER_UNKNOWN_SERVER: { key: string };
  PKT_CLUSTER_MESSAGE: { channel: string; reason: string };
  PKT_SHARED_UNAVAILABLE: { call: string; reason: string };
  PKT_SHARED_BUSY: { key: string; after: string };
  PKT_SHARED_LOCK_TIMEOUT: { name: string; wait: number };
  PKT_SHARED_NOT_NUMBER: { key: string; reason: string };
  PKT_SHARED_FULL: { what: string; cure: string };
}

/**
 * The code of an error of core. Each other package defines codes of the same form, `PKT_<AREA>_<WHAT>`, for its errors.
 */
export type CoreErrorCode = keyof CoreErrors;

/** Makes an error of core from its code and from the facts that the error's message shows. */
export const coreError: ErrorFactory<CoreErrors> = defineErrors<CoreErrors>({
  PKT_OPTION_INVALID: {
    message: (f) => `Option "${f.option}": got ${f.received}, expected ${f.expected}.`,
  },
  PKT_OPTION_UNKNOWN: {
    message: (f) => `Unknown ${f.kind} "${f.option}".${f.hint}`,
  },
  PKT_CONSTANT_UNKNOWN: {
    message: (f) => `${f.object} has no ${f.name}.${f.hint}`,
  },
  PKT_FLAG_UNKNOWN: {
    message: (f) =>
      `Unknown bit ${f.unknown} in ${f.family} flags ${f.flags}. Known bits: ${f.known}. ` +
      `Combine the constants of ${f.object} with "|".`,
  },
  PKT_FLAG_UNCLAIMED: {
    message: (f) =>
      `${f.flag} needs ${f.package}: npm install ${f.package}, then add ${f.factory} to capabilities.`,
  },
  PKT_MEMBER_UNCLAIMED: {
    message: (f) =>
      `${f.member} needs ${f.package}: npm install ${f.package}, then add ${f.factory} to capabilities.`,
  },
  PKT_MEMBER_UNKNOWN: {
    message: (f) => `Packetron has no ${f.member}. Write ${f.instead}.`,
  },
  PKT_FLAG_CONFLICT: {
    message: (f) =>
      `${f.second} claims ${f.family} bit ${f.bit} (${f.name}), but ${f.first} has it already. ` +
      "Install one of the two, or give yours a free bit between 1 << 20 and 1 << 30.",
  },
  PKT_CAPABILITY_INVALID: {
    message: (f) =>
      `capabilities[${f.index}] is ${f.received}, expected an object with a "name" and an "install" function. ` +
      "Call the factory: bodyJson(), not bodyJson.",
  },
  PKT_CAPABILITY_DUPLICATE: {
    message: (f) => `Capability ${f.name} is registered twice. Remove one of the two from capabilities.`,
  },
  PKT_CAPABILITY_CONFLICT: {
    message: (f) =>
      `${f.second} claims the ${f.what}, but ${f.first} has it already. Install one of the two, or choose another name.`,
  },
  PKT_CAPABILITY_SEALED: {
    message: (f) =>
      `host.${f.verb}() was called by ${f.name} after its install() had returned. ` +
      "Call it inside install(): what a capability claims is fixed from then on.",
  },
  PKT_CAPABILITY_INSTALL: {
    message: (f) => `Capability ${f.name} failed to install: ${f.reason}`,
  },
  PKT_AROUND_TWICE: {
    message: (f) =>
      `${f.name} called next() twice for one request, but a handler answers once. ` +
      "Keep the result of the first call, and return it.",
  },
  PKT_ROUTE_PATH: {
    message: (f) => `${f.option} ${f.path}: ${f.problem}`,
  },
  PKT_ROUTE_HANDLER: {
    message: (f) =>
      `handle() for "${f.path}" got ${f.received} as handler, expected a function (request, response).`,
  },
  PKT_ROUTE_METHOD: {
    message: (f) =>
      `handle() for "${f.path}" got ${f.received} as method, expected a value of PacketronRequestMethod, such as ` +
      `PacketronRequestMethod.${f.example}.`,
  },
  PKT_ROUTE_RUNTIME: {
    message: (f) =>
      `Route "${f.path}" reads bodies, which are lost on Deno: read the request as a stream there (for await), or run the program on Node.js.`,
  },
  PKT_REQUEST_NOT_FOUND: {
    status: 404,
    message: (f) =>
      `No route answers ${f.method} ${f.path}. If one should, compare its routePath with this path.`,
  },
  PKT_REQUEST_METHOD: {
    status: 405,
    message: (f) =>
      `The path ${f.path} has no route for ${f.method}, only for ${f.allow}. If it should have one, register it with handle().`,
  },
  PKT_REQUEST_UPGRADE: {
    status: 426,
    message: (f) =>
      `${f.method} ${f.path} is answered only to clients that ask for ${f.protocol} with Upgrade.`,
  },
  PKT_REQUEST_MALFORMED: {
    status: (f) => f.status,
    message: (f) =>
      `The request breaks a rule of HTTP, or needs what this server does not support: ${f.status} ${f.reason}. ` +
      "The client has to send it in another form.",
  },
  PKT_REQUEST_TIMEOUT: {
    status: 408,
    message:
      "The request did not arrive in time. Raise requestTimeout on the server if clients may take longer to send a body.",
  },
  PKT_REQUEST_REFUSED: {
    status: (f) => f.status,
    message: (f) =>
      `refuse() was called with the status ${f.status} (${f.reason}). Pass it an error instead to give onError() more to go by.`,
  },
  PKT_HANDLER_TIMEOUT: {
    status: 503,
    message: (f) =>
      `${f.route} had not answered after ${f.timeout} ms, its handlerTimeout. ` +
      "Look for work that does not end, pass request.signal to it, or raise handlerTimeout on the route.",
  },
  PKT_BODY_TOO_LARGE: {
    status: 413,
    message: (f) =>
      `The request body is larger than ${f.limit} bytes. Raise maxRequestSizeInBytes on the route, or ` +
      "defaultBodyLimit on the server, if such bodies are wanted.",
  },
  PKT_BODY_ABORTED: {
    status: 400,
    message: (f) => `The client disconnected after ${f.received} bytes of the request body.`,
  },
  PKT_BODY_INVALID: {
    status: 400,
    message: (f) => `The request body is not valid for ${f.parser}: ${f.reason}`,
  },
  PKT_BODY_TYPE: {
    status: 415,
    message: (f) => `The request body has the type ${f.received}, but the route reads ${f.expected}.`,
  },
  PKT_BODY_CODING: {
    status: 415,
    message: (f) =>
      `The request body has the content coding "${f.received}", but this server reads ${f.expected}.`,
  },
  PKT_BODY_CHARSET: {
    status: 415,
    message: (f) => `The request body has the charset "${f.received}", which this Node.js cannot decode.`,
  },
  PKT_BODY_CONSUMED: {
    message:
      "The request body was already read as a stream, so getBody() cannot read it. " +
      "In one route, use the stream or getBody(), not both.",
  },
  PKT_RESPONSE_NOT_SERIALIZABLE: {
    message: (f) => `sendJson() cannot serialise its value: ${f.reason}`,
  },
  PKT_RESPONSE_STATUS: {
    base: RangeError,
    message: (f) => `The status ${f.received} cannot be sent; expected an integer from 100 to 999.`,
  },
  PKT_RESPONSE_REDIRECT: {
    message: (f) =>
      `redirect(location, status) got ${f.received} as its ${f.argument}, expected ${f.expected}. ` +
      'The location comes first: redirect("/login", 303).',
  },
  PKT_RESPONSE_ENDED: {
    message: (f) =>
      `${f.call} after the response had been sent: it is ignored. Look for a missing "return" after the first answer.`,
  },
  PKT_COOKIE_INVALID: {
    message: (f) => `Cookie ${f.name}: ${f.problem}.`,
  },
  PKT_SERVER_PORT_IN_USE: {
    message: (f) => `${f.place} is in use${f.tried}. Stop the program that uses it, ${f.cure}.`,
  },
  PKT_SERVER_LISTEN: {
    message: (f) => `Cannot listen on ${f.place}: ${f.reason}`,
  },
  PKT_SERVER_STOPPED: {
    message: "The server has been stopped, and does not start or answer again. Construct a new Packetron.",
  },
  PKT_SERVER_ALREADY_READY: {
    message:
      "onReady() was called after this process had become ready: the task would never run. Call it before start().",
  },
  PKT_CLUSTER_NO_WORKERS: {
    message: (f) => `maxThreads is ${f.threads}, but no workers can run ${f.place}: ${f.reason}. ${f.cure}`,
  },
  PKT_CLUSTER_NOT_READY: {
    message: (f) =>
      `${f.worker === 0 ? "The server" : `Worker ${f.worker}`} was not ready within ${f.timeout} ms. Look for work that blocks its start, or raise readyTimeout.`,
  },
  PKT_CLUSTER_WORKER_DIED: {
    message: (f) => `Worker ${f.worker} ended before it was ready (${f.reason}).${f.detail}`,
  },
  PKT_CLUSTER_CRASH_LOOP: {
    message: (f) =>
      `${f.count} workers ended before they were ready within ${f.window} ms; no more are started. ` +
      `The first one said: ${f.first}`,
  },
  PKT_CLUSTER_UNKNOWN_SERVER: {
    message: (f) =>
      `The primary has no server "${f.key}". Construct the same servers, in the same order, in the primary and in the workers.`,
  },
  PKT_CLUSTER_MESSAGE: {
    message: (f) => `A message on channel "${f.channel}" was not sent: ${f.reason}`,
  },
  PKT_SHARED_UNAVAILABLE: {
    status: 503,
    message: (f) => `${f.call} failed: ${f.reason}. If it had left this process, it may have taken effect.`,
  },
  PKT_SHARED_BUSY: {
    status: 503,
    message: (f) => `update("${f.key}") gave up ${f.after}. Use add(), lock(), or several keys.`,
  },
  PKT_SHARED_LOCK_TIMEOUT: {
    status: 503,
    message: (f) => `Lock "${f.name}" was not free within ${f.wait} ms. Raise wait, or shorten its tasks.`,
  },
  PKT_SHARED_NOT_NUMBER: {
    message: (f) => `add("${f.key}"): ${f.reason}. Use a key of its own for a number.`,
  },
  PKT_SHARED_FULL: {
    status: 503,
    message: (f) => `There is no room for more ${f.what}. ${f.cure}`,
  },
});

/** All codes of core, for docs and tests. */
export const coreErrorCodes: readonly CoreErrorCode[] = coreError.codes;

/**
 * Makes the error PKT_OPTION_INVALID for an option with a wrong value. The message shows the value and what the option
 * expects. An object appears as "an object", without its content, because an object may hold a secret.
 *
 * @param option The option as the user writes it: `"maxFiles"`, or `"multipart().maxFiles"` for an option of a factory.
 * @param expected What the option expects, in words: `"true or false"`.
 * @param cause The error of a library that has refused the value.
 * @example
 * host.serverOption("greeting", (value) => {
 *   if (typeof value !== "string") throw optionError("greeting", value, "a text");
 * });
 */
export function optionError(
  option: string,
  value: unknown,
  expected: string,
  cause?: unknown,
): PacketronError {
  return coreError("PKT_OPTION_INVALID", { option, received: showValue(value), expected }, cause);
}
