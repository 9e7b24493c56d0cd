/**
 * The one way by which Packetron answers in the handler's place: with the answer of the program's error handler, else
 * with a problem document. Only the status and what is safe to tell reach the client.
 */
import type { ServerSettings } from "../config/options.ts";
import { coreError, type PacketronError } from "../errors/errors.ts";
import { acceptsProblem } from "../http/accept.ts";
import { isThenable } from "../node/thenable.ts";
import type { Packetron } from "../server/packetron.ts";
import { deliver } from "./answer.ts";
import { PROBLEM_TYPE, type ProblemFields, problemText, reasonOf } from "./problem.ts";
import { reportErrorHandler, statusOf } from "./report-failure.ts";
import type { PacketronRequest } from "./request.ts";
import { readField } from "./request-headers.ts";
import { resetResponse } from "./reset-response.ts";
import type { PacketronResponse } from "./response.ts";

/** Answers a request that was refused or has failed; see `server.onError()`. */
export type ErrorHandler = (
  error: unknown,
  request: PacketronRequest,
  response: PacketronResponse,
) => unknown;

/** A refusal that is the same for many requests; see {@link prepareRefusal}. */
export interface RefusalParts {
  /** The status of the answer, 400 to 599. */
  readonly status: number;
  /** Headers of the answer, such as `{ "Retry-After": "1" }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the problem document says beside type, title, status, `allow` and `retryAfter`. The client reads it. */
  readonly fields?: ProblemFields;
  /** Makes the error that `onError()` gets. Called only on a server with such a handler. */
  readonly error: (request: PacketronRequest) => PacketronError;
}

/**
 * Refuses a request: answers in the handler's place, and ignores what the handler sends afterwards. Does nothing when
 * an answer has begun.
 *
 * The client gets a problem document: `{"type":"about:blank","title":"Forbidden","status":403}`, with `allow` and
 * `retryAfter` from the headers `Allow` and `Retry-After`. The handler of `onError()` is asked first, when status
 * and headers are set. After a 413 or 408 the connection is closed, once the client has had time to read the answer.
 *
 * @param reason A coded error, whose `status` is that of the answer (500 without one) and which `onError()` gets; or a
 *   status alone, for which `onError()` gets PKT_REQUEST_REFUSED.
 * @param headers Headers of the answer. Headers that the handler has set, such as `Set-Cookie` and `Vary`, stay; headers
 *   that describe the body of the handler's answer are removed.
 * @param fields Further members of the document. Say what the client did, never how the server works.
 * @example
 * if (!isAdmin(request)) return refuse(response, HttpResponseCode.FORBIDDEN);
 * if (isBusy()) return refuse(response, shopError("PKT_SHOP_BUSY"), { "Retry-After": "5" });
 */
export function refuse(
  response: PacketronResponse,
  reason: number | PacketronError,
  headers?: Readonly<Record<string, string>>,
  fields?: ProblemFields,
): void {
  const isStatus = typeof reason === "number";
  const status = isStatus ? reason : statusOf(reason);
  const error = isStatus
    ? () => coreError("PKT_REQUEST_REFUSED", { status, reason: reasonOf(status) })
    : () => reason;
  new Refusal({ status, headers, fields, error }).send(response);
}

/**
 * Builds a refusal once, for many requests: a limit that refuses a flood must cost little. The error is made only where
 * an error handler asks for it.
 *
 * @returns A function that refuses the request of a response, as {@link refuse} does.
 * @example
 * const refuseBusy = prepareRefusal({ status: 503, headers: { "Retry-After": "5" }, error: () => shopError("PKT_SHOP_BUSY") });
 * host.gate(GateOrder.EARLY, (_request, response) => isBusy() && (refuseBusy(response), true));
 */
export function prepareRefusal(parts: RefusalParts): (response: PacketronResponse) => void {
  const refusal = new Refusal(parts);
  return (response) => refusal.send(response);
}

/** The parts of a refusal. The error may be any value, because a handler can throw any value. */
interface AnyRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fields?: ProblemFields | undefined;
  readonly error: (request: PacketronRequest) => unknown;
}

/** An answer in the handler's place. */
export class Refusal {
  readonly #status: number;
  readonly #headers: readonly (readonly [name: string, value: string])[];
  readonly #document: string;
  readonly #error: (request: PacketronRequest) => unknown;

  constructor({ status, headers, fields, error }: AnyRefusal) {
    this.#status = status;
    this.#headers = headers === undefined ? NO_HEADERS : Object.entries(headers);
    this.#document = problemText(
      status,
      headers === undefined ? fields : { ...fieldsOf(this.#headers), ...fields },
    );
    this.#error = error;
  }

  /** Answers, or lets the program's error handler answer. Does nothing when an answer has begun. */
  send(response: PacketronResponse): void {
    if (response.refused || isBegun(response)) return;
    const { errorHandler } = serverOf(response);
    if (errorHandler === null || response.destroyed) return this.#answer(response);
    this.#prepare(response);
    this.#ask(errorHandler, response);
  }

  /** Sends the problem document, or an empty body where the client or the server wants none. */
  #answer(response: PacketronResponse): void {
    this.#prepare(response);
    const { settings } = serverOf(response);
    const isShown = settings.errorBodies === "problem" && acceptsProblem(readField(response.req, "accept"));
    deliver(response, isShown ? PROBLEM_TYPE : null, isShown ? this.#document : "");
    response.refused = true;
  }

  /** Sets status and headers. Called again after an error handler that has not answered, and may have changed them. */
  #prepare(response: PacketronResponse): void {
    resetResponse(response, this.#status);
    // The rest of a body that is too large or too slow may be long: closing is cheaper than reading the rest.
    const closes = this.#status === 413 || this.#status === 408;
    if (closes && !response.req.complete) response.setHeader("Connection", "close");
    for (const [name, value] of this.#headers) response.setHeader(name, value);
  }

  #ask(handler: ErrorHandler, response: PacketronResponse): void {
    const { req: request } = response;
    const end = (): void => {
      response.awaitsErrorHandler = false;
      if (!isBegun(response)) this.#answer(response);
    };
    const fail = (error: unknown): void => {
      end();
      if (!response.writableEnded) response.destroy(); // so that the client does not take the answer for complete
      reportErrorHandler(error, request);
    };
    response.refused = true;
    response.awaitsErrorHandler = true;
    try {
      const result = handler(this.#error(request), request, response);
      if (isThenable(result)) result.then(end, fail);
      else end();
    } catch (error) {
      fail(error);
    }
  }
}

const NO_HEADERS: readonly never[] = [];

/** What a refusal reads of its server. */
type RefusingServer = Pick<Packetron, "errorHandler"> & {
  readonly settings: Pick<ServerSettings, "errorBodies">;
};

const UNKNOWN: RefusingServer = { errorHandler: null, settings: { errorBodies: "problem" } };

/** The server of a response. Express, as a plugin, replaces the prototype of a response, and so hides its server. */
function serverOf(response: PacketronResponse): RefusingServer {
  return response.server ?? UNKNOWN;
}

function isBegun(response: PacketronResponse): boolean {
  return response.headersSent || response.writableEnded;
}

/** The fields of a problem document that repeat a header. */
function fieldsOf(headers: readonly (readonly [name: string, value: string])[]): ProblemFields {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key === "allow") fields["allow"] = value.split(", ");
    else if (key === "retry-after" && /^\d+$/.test(value)) fields["retryAfter"] = Number(value);
  }
  return fields;
}
