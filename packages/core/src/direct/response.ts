/**
 * The response of a direct exchange, which is answered in one write. The exchange is promoted, that is given to Node,
 * as soon as code needs more of the response.
 */
import { AsyncResource } from "node:async_hooks";
import type { Socket } from "node:net";
import { ExchangeState } from "../message/exchange.ts";
import { nodeResponder } from "../message/node-responder.ts";
import type { PacketronResponse } from "../message/response.ts";
import { LISTENING, overrideGetters, overrideMethods } from "../node/override-methods.ts";
import { throwLater } from "../node/throw-later.ts";

/** The response of a direct exchange, with the fields that this folder reads and writes. */
export interface DirectResponse extends PacketronResponse {
  // Defaults of the next five are on the prototype: each own field costs a response a few nanoseconds.
  /** Whether the connection closes after this response: the request asks for `Connection: close`. */
  isLast: boolean;
  /** Whether the request announced a body. */
  awaitsBody: boolean;
  /** Whether code has added a listener after the direct answer. */
  hasLateListener: boolean;
  /** The async context of the code that added a listener while the answer waited to be written. */
  lateScope: AsyncResource | null;
  /** Whether {@link exposeHeaders} has been called. */
  headersExposed: boolean;

  // Fields of Node's class, which node/internals.ts lists.
  /** The connection, until the answer has been written. */
  socket: Socket | null;
  _header: string | null;
  _headerSent: boolean;
  _closed: boolean;
  /** Whether `removeHeader("Connection")` was called. */
  _removedConnection: boolean;
}

/** A class of responses; each server has a subclass of its own. */
export type ResponseClass = typeof PacketronResponse;

/** The class of a server's direct responses. */
export type DirectResponseClass = {
  readonly prototype: DirectResponse;
  new (...parameters: ConstructorParameters<ResponseClass>): DirectResponse;
} & ResponseClass;

/** Makes a class of responses that promote their exchange when code needs more than one write, or adds a listener. */
export function createDirectResponse(base: ResponseClass): DirectResponseClass {
  class Direct extends base implements DirectResponse {
    declare isLast: boolean;
    declare awaitsBody: boolean;
    declare hasLateListener: boolean;
    declare lateScope: AsyncResource | null;
    declare headersExposed: boolean;
    declare socket: Socket | null;
    declare _header: string | null;
    declare _headerSent: boolean;
    declare _closed: boolean;
    declare _removedConnection: boolean;

    /** Reports "timeout" as handled while a direct exchange is in flight, so that Node does not destroy the socket. */
    override emit(event: string | symbol, ...parameters: unknown[]): boolean {
      return (event === "timeout" && this.state !== ExchangeState.NODE) || super.emit(event, ...parameters);
    }
  }
  const { prototype } = Direct;
  Object.assign(prototype, {
    isLast: false,
    awaitsBody: false,
    hasLateListener: false,
    lateScope: null,
    headersExposed: false,
  });
  overrideMethods<DirectResponse>(prototype, base.prototype, PROMOTING, promoteResponse);
  overrideMethods<DirectResponse>(prototype, base.prototype, ["end", "write"], (response) => {
    const isNoticed = response.hasLateListener;
    promoteResponse(response);
    if (!isNoticed) reportLateWrite(response);
  });
  // Loggers read headers after the answer, also those that Node would have set, such as Content-Length.
  overrideMethods<DirectResponse>(prototype, base.prototype, READING_HEADERS, exposeHeaders);
  // Node computes these values from private fields and its stream, which do not know of a direct write.
  overrideGetters<DirectResponse>(
    prototype,
    base.prototype,
    { writableFinished: true },
    ({ state }) => state === ExchangeState.FLUSHED,
  );
  overrideGetters<DirectResponse>(
    prototype,
    prototype,
    { writableFinished: false },
    ({ state }) => state === ExchangeState.SENT,
  );
  return Direct;
}

/**
 * Makes a class whose constructor returns the response that a request has already. Node makes a response of this class
 * when it gets a promoted exchange, which must keep its response.
 */
export function createAdoptingResponse(base: ResponseClass): ResponseClass {
  return class extends base {
    // biome-ignore lint/correctness/noUnreachableSuper: only a constructor can give Node a response that exists
    constructor(...parameters: ConstructorParameters<ResponseClass>) {
      const [request] = parameters;
      // biome-ignore lint/correctness/noConstructorReturn: only a constructor can give Node a response that exists
      if (request.response !== null) return request.response;
      super(...parameters);
    }
  };
}

const PROMOTING: readonly string[] = [
  ...LISTENING,
  "addTrailers",
  "cork",
  "destroy",
  "flushHeaders",
  "pipe",
  "setTimeout",
  "writeContinue",
  "writeEarlyHints",
  "writeHead",
  "writeInformation",
  "writeProcessing",
];

const READING_HEADERS: readonly string[] = [
  "getHeader",
  "getHeaderNames",
  "getHeaders",
  "getRawHeaderNames",
  "hasHeader",
];

/** Whether a response belongs to a direct exchange, that is, whether its state is not NODE. */
export function isDirect(response: PacketronResponse): response is DirectResponse {
  return response.state !== ExchangeState.NODE;
}

/** Gives an unanswered exchange to Node. After a direct answer, makes "finish" and "close" reach a new listener. */
export function promoteResponse(response: DirectResponse): void {
  if (response.state === ExchangeState.OPEN) response.responder.promote();
  if (response.state < ExchangeState.SENT || response.hasLateListener) return;
  response.hasLateListener = true;
  if (response.state === ExchangeState.SENT) {
    response.lateScope = new AsyncResource("PacketronResponse");
  } else {
    process.nextTick(() => {
      response.emit("finish");
      response.emit("close");
    });
  }
}

/** Makes Node report a write after the answer as an error: on a destroyed response, Node would ignore the write. */
function reportLateWrite(response: DirectResponse): void {
  if (response.state !== ExchangeState.FLUSHED) return;
  response.destroyed = false;
  response._closed = false;
  process.nextTick(() => process.nextTick(markClosed, response));
}

/** Sets on the response the headers that only the written head has, so that code can read them after the answer. */
function exposeHeaders(response: DirectResponse): void {
  if (response.state < ExchangeState.SENT || response.headersExposed) return;
  response.headersExposed = true;
  const { _header: head } = response;
  response._header = null; // setHeader() throws while `_header` is set
  for (const [, name, value] of head?.matchAll(OWN_HEADER) ?? [])
    if (name !== undefined && value !== undefined && !response.hasHeader(name))
      response.setHeader(name, name === "Content-Length" ? Number(value) : value);
  response._header = head;
}

/** The headers in a head, without those that Node adds to the head alone: Date, Connection and Keep-Alive. */
const OWN_HEADER = /^(?!Date:|Connection:|Keep-Alive:)([^:\r\n]+): (.*)\r$/gm;

/** Closes a response when its answer has been written, or is dropped because the connection is closed. */
export function settleResponse(response: DirectResponse, isWritten: boolean): void {
  if (!isWritten) {
    response.req.destroy(); // aborts request.signal
    response.responder = nodeResponder;
  }
  response.state = isWritten ? ExchangeState.FLUSHED : ExchangeState.NODE;
  response.socket = null;
  if (response.lateScope === null) return markClosed(response);
  try {
    response.lateScope.runInAsyncScope(emitLate, undefined, response, isWritten);
  } catch (error) {
    throwLater(error);
  }
}

function markClosed(response: DirectResponse): void {
  response.destroyed = true;
  response._closed = true;
}

function emitLate(response: DirectResponse, isWritten: boolean): void {
  process.nextTick(() => {
    markClosed(response);
    response.emit("close");
  });
  if (isWritten) response.emit("finish");
}

/** The methods that Node's response calls by itself, and that middleware may wrap. */
export type PlainMethods = Pick<PacketronResponse, "emit" | "end" | "setHeader" | "write" | "writeHead">;

/**
 * Whether core can answer in one write, without Node's response code: middleware has not wrapped methods of the
 * response, and has set nothing on it that only Node's code can write.
 */
export function isPlain(response: DirectResponse, plain: PlainMethods): boolean {
  const methods = response.guards ?? plain;
  return (
    response.end === methods.end &&
    response.writeHead === methods.writeHead &&
    response.write === methods.write &&
    response.setHeader === plain.setHeader &&
    !Object.hasOwn(response, "emit") &&
    response.sendDate &&
    !response._removedConnection &&
    !response.statusMessage
  );
}

/** Whether an unanswered response has other methods: Express replaces its prototype, which would answer directly. */
export function isReplaced(response: DirectResponse, plain: PlainMethods): boolean {
  return response.state === ExchangeState.OPEN && response.emit !== plain.emit;
}

/**
 * Whether an answer with this status can be direct. While a body is still arriving, Node answers, because `Connection`
 * then discards the rest of the body after the answer. Node also answers when the socket takes no more bytes
 * (half-closed) or when code has changed `shouldKeepAlive`, and sends every 1xx status.
 */
export function canAnswer(response: DirectResponse, status: number): boolean {
  return (
    (!response.awaitsBody || response.req.complete) &&
    response.shouldKeepAlive !== response.isLast &&
    response.socket?.writable === true &&
    status >= 200
  );
}
