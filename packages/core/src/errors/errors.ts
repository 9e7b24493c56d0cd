/**
 * Every error that core throws, rejects with or logs, in one table: the code (stable for ever), the sentence, and
 * the status a client gets when the error belongs to its request. Texts may improve; codes stay.
 */
import { showValue } from "./show-value.ts";

/** The codes of core. Other packages have their own tables and the same manner: `PKT_<AREA>_<WHAT>`. */
export type CoreErrorCode =
  | "PKT_OPTION_INVALID"
  | "PKT_OPTION_UNKNOWN"
  | "PKT_FLAG_UNKNOWN"
  | "PKT_FLAG_UNCLAIMED"
  | "PKT_FLAG_CONFLICT"
  | "PKT_CAPABILITY_INVALID"
  | "PKT_CAPABILITY_DUPLICATE"
  | "PKT_CAPABILITY_CLAIMED"
  | "PKT_CAPABILITY_SEALED"
  | "PKT_CAPABILITY_INSTALL"
  | "PKT_ROUTE_PATH"
  | "PKT_ROUTE_HANDLER"
  | "PKT_ROUTE_METHOD"
  | "PKT_BODY_TOO_LARGE"
  | "PKT_BODY_ABORTED"
  | "PKT_BODY_INVALID"
  | "PKT_BODY_TYPE"
  | "PKT_BODY_CODING"
  | "PKT_BODY_CHARSET"
  | "PKT_BODY_CONSUMED"
  | "PKT_RESPONSE_NOT_SERIALIZABLE"
  | "PKT_RESPONSE_STATUS"
  | "PKT_RESPONSE_ENDED"
  | "PKT_COOKIE_INVALID"
  | "PKT_SERVER_PORT_IN_USE"
  | "PKT_SERVER_LISTEN"
  | "PKT_SERVER_STOPPED"
  | "PKT_SERVER_READY"
  | "PKT_CLUSTER_NOT_READY"
  | "PKT_CLUSTER_WORKER_DIED"
  | "PKT_CLUSTER_CRASH_LOOP"
  | "PKT_CLUSTER_UNKNOWN_SERVER"
  | "PKT_CLUSTER_MESSAGE";

/** Facts an error sentence is made of. */
type Facts = Readonly<Record<string, unknown>>;

interface ErrorRow {
  /** The status of the answer when the error reaches one; absent for errors that no request causes. */
  readonly status?: number;
  /** Says what arrived, what was expected and what to do next. */
  readonly message: (facts: Facts) => string;
}

const rows: Readonly<Record<CoreErrorCode, ErrorRow>> = {
  PKT_OPTION_INVALID: {
    message: (f) => `Option "${f.option}": got ${f.received}, expected ${f.expected}.`,
  },
  PKT_OPTION_UNKNOWN: {
    message: (f) => `Unknown ${f.of} option "${f.option}".${f.hint}`,
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
  PKT_CAPABILITY_CLAIMED: {
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
  PKT_ROUTE_PATH: {
    message: (f) => `routePath ${f.path}: ${f.problem}`,
  },
  PKT_ROUTE_HANDLER: {
    message: (f) =>
      `handle() for "${f.path}" got ${f.received} as handler, expected a function (request, response).`,
  },
  PKT_ROUTE_METHOD: {
    message: (f) =>
      `handle() for "${f.path}" got ${f.received} as method, expected a value of PacketronRequestMethod, such as ` +
      "PacketronRequestMethod.GET.",
  },
  PKT_BODY_TOO_LARGE: {
    status: 413,
    message: (f) =>
      `The request body is larger than ${f.limit} bytes. Raise maxRequestSizeInBytes on the route, or ` +
      "defaultBodyLimit on the server, if such bodies are wanted.",
  },
  PKT_BODY_ABORTED: {
    status: 400,
    message: (f) => `The client went away after ${f.received} bytes of the request body.`,
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
    message: (f) => `The request body has the charset "${f.received}", which this runtime does not know.`,
  },
  PKT_BODY_CONSUMED: {
    message: () =>
      "The request body was already read as a stream, so getBody() has nothing left. Use one of the two ways in a route.",
  },
  PKT_RESPONSE_NOT_SERIALIZABLE: {
    message: (f) => `sendJson() cannot serialise its value: ${f.reason}`,
  },
  PKT_RESPONSE_STATUS: {
    message: (f) => `The status ${f.received} cannot be sent; expected an integer from 100 to 999.`,
  },
  PKT_RESPONSE_ENDED: {
    message: (f) =>
      `${f.call} after the response had been sent: it is ignored. Look for a missing "return" behind the first answer.`,
  },
  PKT_COOKIE_INVALID: {
    message: (f) => `Cookie ${f.name}: ${f.problem}.`,
  },
  PKT_SERVER_PORT_IN_USE: {
    message: (f) =>
      `Port ${f.port} on ${f.host} is in use${f.tried}. Stop the program that has it, choose another port, or set ` +
      "PacketronServerFlags.TRY_NEXT_PORT.",
  },
  PKT_SERVER_LISTEN: {
    message: (f) => `Cannot listen on ${f.host}:${f.port}: ${f.reason}`,
  },
  PKT_SERVER_STOPPED: {
    message: () => "The server was stopped before it was ready. Make a new Packetron to start again.",
  },
  PKT_SERVER_READY: {
    message: () =>
      "onReady() was called when this process was ready already: the task would never run. Call it before start().",
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
};

/** All codes of core, for docs and tests. */
export const coreErrorCodes: readonly CoreErrorCode[] = Object.freeze(
  Object.keys(rows).filter(isCoreErrorCode),
);

/** What a {@link PacketronError} is made of. */
export interface PacketronErrorOptions {
  /** The HTTP status for the client when a request caused the error; 500 is used when absent. */
  readonly status?: number | undefined;
  /** The original failure. */
  readonly cause?: unknown;
}

/**
 * An error with a stable `code`. Recognise it by the code, never by the text or by `instanceof`, so that two copies
 * of a package still agree. `status` is what the client gets when the error ends a request; its message is for the
 * log and never reaches a client.
 *
 * @example
 * try { await request.getBody(); } catch (error) { if (isPacketronError(error, "PKT_BODY_TOO_LARGE")) return; throw error; }
 */
export class PacketronError extends Error {
  override readonly name: string = "PacketronError";
  /** `PKT_<AREA>_<WHAT>`; stays for ever. */
  readonly code: string;
  /** What the client gets; `undefined` for an error that no request causes. */
  readonly status: number | undefined;

  constructor(code: string, message: string, options: PacketronErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = options.status;
  }
}

/** Makes one of core's errors from its row; `facts` fill the sentence. */
export function coreError(code: CoreErrorCode, facts: Facts = {}, cause?: unknown): PacketronError {
  const row = rows[code];
  const options = cause === undefined ? { status: row.status } : { status: row.status, cause };
  return new PacketronError(code, row.message(facts), options);
}

/** The same as a RangeError, for numbers out of their range: `instanceof` tells it apart as with Node's own. */
export function coreRangeError(
  code: CoreErrorCode,
  facts: Facts,
): RangeError & { readonly code: CoreErrorCode } {
  return Object.assign(new RangeError(rows[code].message(facts)), { code });
}

/**
 * Makes the error for an option that cannot be used: PKT_OPTION_INVALID, with what arrived and what was expected. A value
 * is shown, an object is only named: it may hold a secret.
 *
 * @param option As its user writes it: `"maxFiles"`, `"multipart().maxFiles"` for that of a factory.
 * @param expected In words: `"true or false"`.
 * @example
 * host.serverOption("greeting", (value) => {
 *   if (typeof value !== "string") throw optionError("greeting", value, "a text");
 * });
 */
export function optionError(option: string, value: unknown, expected: string): PacketronError {
  return coreError("PKT_OPTION_INVALID", { option, received: showValue(value), expected });
}

/**
 * Whether a value is a Packetron error, of the given code if one is named; true across copies of the package.
 *
 * @example
 * if (isPacketronError(error, "PKT_SERVER_PORT_IN_USE")) process.exit(1);
 */
export function isPacketronError(error: unknown, code?: string): error is PacketronError {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return code === undefined ? error.code.startsWith("PKT_") : error.code === code;
}

function isCoreErrorCode(code: string): code is CoreErrorCode {
  return code in rows;
}
