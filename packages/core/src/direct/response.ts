/** The response of a direct exchange: it answers in one write, and becomes Node's as soon as a caller needs more. */
import { AsyncResource } from "node:async_hooks";
import type { Socket } from "node:net";
import { ExchangeState } from "../message/exchange.ts";
import { nodeResponder } from "../message/node-responder.ts";
import type { PacketronResponse } from "../message/response.ts";
import { LISTENING, overrideGetters, overrideMethods } from "../node/override-methods.ts";
import { throwLater } from "../node/throw-later.ts";

/** A response that can be answered without Node's queue of responses. */
export interface DirectResponse extends PacketronResponse {
  // The next four start on the prototype: a field more would cost each response a few nanoseconds.
  /** Whether the request announced a body. */
  awaitsBody: boolean;
  /** Whether a listener was added after the direct answer was given. */
  hasLateListener: boolean;
  /** The context in which that happened while the answer waited: it may leave with those of others. */
  lateScope: AsyncResource | null;
  /** Whether {@link exposeHeaders} has been called. */
  headersExposed: boolean;

  // Fields of Node's class, see internals.ts.
  /** The connection, while the answer needs it. */
  socket: Socket | null;
  _header: string | null;
  _headerSent: boolean;
  _closed: boolean;
  /** Whether `removeHeader("Connection")` was called. */
  _removedConnection: boolean;
}

/** A class of responses. */
export type ResponseClass = typeof PacketronResponse;

/** The class of a server's direct responses. */
export type DirectResponseClass = {
  readonly prototype: DirectResponse;
  new (...parameters: ConstructorParameters<ResponseClass>): DirectResponse;
} & ResponseClass;

/** Makes a class of responses that notice when a caller needs more than one write, or wants to see what Node does. */
export function createDirectResponse(base: ResponseClass): DirectResponseClass {
  class Direct extends base implements DirectResponse {
    declare awaitsBody: boolean;
    declare hasLateListener: boolean;
    declare lateScope: AsyncResource | null;
    declare headersExposed: boolean;
    declare socket: Socket | null;
    declare _header: string | null;
    declare _headerSent: boolean;
    declare _closed: boolean;
    declare _removedConnection: boolean;

    /** An idle timer must not end a connection that has something to answer or to write. */
    override emit(event: string | symbol, ...parameters: unknown[]): boolean {
      return (event === "timeout" && this.state !== ExchangeState.NODE) || super.emit(event, ...parameters);
    }
  }
  const { prototype } = Direct;
  Object.assign(prototype, {
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
  // Loggers read after the answer what Node would have set for it.
  overrideMethods<DirectResponse>(prototype, base.prototype, READING_HEADERS, exposeHeaders);
  // Node keeps it in a symbol of its own; and it asks the stream, which knows nothing of a write past it.
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

/** As {@link createDirectResponse} makes them; Node, which makes the response of a request, gets the one that exists. */
export function createAdoptingResponse(base: ResponseClass): ResponseClass {
  return class extends base {
    // biome-ignore lint/correctness/noUnreachableSuper: Node's only way to be given a response is a constructor that gives it
    constructor(...parameters: ConstructorParameters<ResponseClass>) {
      const [request] = parameters;
      // biome-ignore lint/correctness/noConstructorReturn: as above
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

/** Whether a response belongs to a direct exchange, which alone leaves the state NODE. */
export function isDirect(response: PacketronResponse): response is DirectResponse {
  return response.state !== ExchangeState.NODE;
}

/** Makes an open exchange Node's. After a direct answer, it emits to the late listener what has happened already. */
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

/** Lets Node report a write after the answer: it is silent about a late write to what is destroyed. */
function reportLateWrite(response: DirectResponse): void {
  if (response.state !== ExchangeState.FLUSHED) return;
  response.destroyed = false;
  response._closed = false;
  process.nextTick(() => process.nextTick(markClosed, response));
}

/** Sets the headers that a direct answer was given on its way out, so that they can be read. */
function exposeHeaders(response: DirectResponse): void {
  if (response.state < ExchangeState.SENT || response.headersExposed) return;
  response.headersExposed = true;
  const { _header: head } = response;
  response._header = null; // or Node would say that it is too late
  for (const [, name, value] of head?.matchAll(OWN_HEADER) ?? [])
    if (name !== undefined && value !== undefined && !response.hasHeader(name))
      response.setHeader(name, name === "Content-Length" ? Number(value) : value);
  response._header = head;
}

/** The headers in a head, all but those that Node does not show either. */
const OWN_HEADER = /^(?!Date:|Connection:|Keep-Alive:)([^:\r\n]+): (.*)\r$/gm;

/** Closes a response whose answer is written, or will never be. */
export function settleResponse(response: DirectResponse, isWritten: boolean): void {
  if (!isWritten) {
    response.req.destroy(); // so that its signal aborts
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

/** What Node would call, as the class of a server has it. */
export type PlainMethods = Pick<PacketronResponse, "end" | "setHeader" | "write" | "writeHead">;

/** Whether middleware has wrapped nothing that Node would call, and asked for nothing that only Node does. */
export function isPlain(response: DirectResponse, plain: PlainMethods): boolean {
  return (
    response.end === plain.end &&
    response.writeHead === plain.writeHead &&
    response.write === plain.write &&
    response.setHeader === plain.setHeader &&
    !Object.hasOwn(response, "emit") &&
    response.sendDate &&
    response.shouldKeepAlive &&
    !response._removedConnection &&
    !response.statusMessage
  );
}
