/** The response of a direct exchange: it answers in one write, and becomes Node's own as soon as somebody needs more. */
import { AsyncResource } from "node:async_hooks";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { PreparedAnswer } from "../message/prepared-answer.ts";
import type { PacketronRequest } from "../message/request.ts";
import { http } from "../node/http.ts";
import { hasOwnFraming, outHeaders } from "../node/internals.ts";
import { LISTENING, overrideGetters, overrideMethods } from "../node/override-methods.ts";
import { throwLater } from "../node/throw-later.ts";
import type { DirectConnection } from "./connection.ts";
import { setLines } from "./head.ts";

/** Whose the exchange is: Node's; or ours, and then whether its answer is given, and written out. */
export const Way: {
  readonly STANDARD: 0;
  readonly DIRECT: 1;
  readonly ANSWERED: 2;
  readonly FINISHED: 3;
} = Object.freeze({ STANDARD: 0, DIRECT: 1, ANSWERED: 2, FINISHED: 3 });

/** A response that can be answered without Node's queue of responses. */
export class DirectResponse extends http.ServerResponse<PacketronRequest> {
  /** One of {@link Way}. @internal */
  way: number = Way.STANDARD;
  /** The connection of a direct exchange. @internal */
  direct: DirectConnection | null = null;
  // The next four start on the prototype: a field more would cost each response a few nanoseconds.
  /** Whether the request announced a body. @internal */
  declare awaitsBody: boolean;
  /** Whether somebody listens since the direct answer was given. @internal */
  declare hasLateListener: boolean;
  /** Where that was, while the answer waits: it may leave with those of others. @internal */
  declare lateScope: AsyncResource | null;
  /** Whether {@link showHeaders} has been called. @internal */
  declare areHeadersShown: boolean;

  // Fields of Node's class, see internals.ts.
  /** The connection, while the answer needs it. */
  declare socket: Socket | null;
  /** @internal */
  declare _header: string | null;
  /** @internal */
  declare _headerSent: boolean;
  /** @internal */
  declare _closed: boolean;
  /** Whether `removeHeader("Connection")` was called. @internal */
  declare _removedConnection: boolean;

  /**
   * Answers directly.
   *
   * @param type The Content-Type, for when none was set.
   * @returns Whether it did; `false` when the exchange is Node's, now at the latest.
   * @throws As {@link setLines}.
   * @internal
   */
  answerDirectly(type: string | null, body: string | Uint8Array): boolean {
    const { direct } = this;
    if (direct === null || this.way !== Way.DIRECT) return false;
    if (isPlain(this)) {
      const headers = outHeaders(this);
      if (headers === null) return direct.answer(this, "", type, body);
      const lines = setLines(headers);
      if (this.way !== Way.DIRECT) return false; // the toString() of a value has used the response
      if (lines !== null) return direct.answer(this, lines, headers["content-type"] ? null : type, body);
    }
    direct.promote();
    return false;
  }

  /**
   * Answers directly with what was prepared, behind the headers that are set.
   *
   * @returns Whether it did.
   * @internal
   */
  answerPrepared(prepared: PreparedAnswer): boolean {
    const { direct } = this;
    if (direct === null || this.way !== Way.DIRECT || !isPlain(this)) return false;
    const headers = outHeaders(this);
    return (headers === null || !hasOwnFraming(headers)) && direct.answerPrepared(this, headers, prepared);
  }

  /** The exchange is Node's from here on. @internal */
  promote(): void {
    if (this.way === Way.DIRECT) this.direct?.promote();
    if (this.way < Way.ANSWERED || this.hasLateListener) return;
    this.hasLateListener = true;
    if (this.way === Way.ANSWERED) {
      this.lateScope = new AsyncResource("PacketronResponse");
    } else {
      process.nextTick(() => {
        this.emit("finish");
        this.emit("close");
      });
    }
  }

  /** Node is silent about a late write to what is destroyed; this one is somebody's mistake, who should hear of it. @internal */
  hearError(): void {
    if (this.way !== Way.FINISHED) return;
    this.destroyed = false;
    this._closed = false;
    process.nextTick(() => process.nextTick(() => this.#markClosed()));
  }

  /** Lets the headers be read that a direct answer got on its way out. @internal */
  showHeaders(): void {
    if (this.way < Way.ANSWERED || this.areHeadersShown) return;
    this.areHeadersShown = true;
    const { _header: head } = this;
    this._header = null; // or Node would say that it is too late
    for (const [, name, value] of head?.matchAll(OWN_HEADER) ?? [])
      if (name !== undefined && value !== undefined && !this.hasHeader(name))
        this.setHeader(name, name === "Content-Length" ? Number(value) : value);
    this._header = head;
  }

  /** The direct answer is out of this process, or will never be. @internal */
  settle(isWritten: boolean): void {
    if (!isWritten) this.req.destroy(); // so that its signal aborts
    this.way = isWritten ? Way.FINISHED : Way.STANDARD;
    this.socket = null;
    if (this.lateScope === null) return this.#markClosed();
    try {
      this.lateScope.runInAsyncScope(this.#tellLate, this, isWritten);
    } catch (error) {
      throwLater(error);
    }
  }

  /** An idle timer must not end a connection that has something to answer or to write. @internal */
  override emit(event: string | symbol, ...parameters: unknown[]): boolean {
    if (event === "timeout" && this.way !== Way.STANDARD) return true;
    return EventEmitter.prototype.emit.call(this, event, ...parameters);
  }

  #markClosed(): void {
    this.destroyed = true;
    this._closed = true;
  }

  #tellLate(isWritten: boolean): void {
    process.nextTick(() => {
      this.#markClosed();
      this.emit("close");
    });
    if (isWritten) this.emit("finish");
  }
}

/** The headers in a head, all but those that Node does not show either. */
const OWN_HEADER = /^(?!Date:|Connection:|Keep-Alive:)([^:\r\n]+): (.*)\r$/gm;

Object.assign(DirectResponse.prototype, {
  awaitsBody: false,
  hasLateListener: false,
  lateScope: null,
  areHeadersShown: false,
});

/** Whoever calls one of these needs more than one write, or wants to see what Node does. */
overrideMethods(
  DirectResponse.prototype,
  http.ServerResponse.prototype,
  [
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
  ],
  (response) => response.promote(),
);

overrideMethods(DirectResponse.prototype, http.ServerResponse.prototype, ["end", "write"], (response) => {
  const isTold = response.hasLateListener;
  response.promote();
  if (!isTold) response.hearError();
});

/** What Node would have set for the answer can be read behind it, as loggers do. */
overrideMethods(
  DirectResponse.prototype,
  http.ServerResponse.prototype,
  ["getHeader", "getHeaderNames", "getHeaders", "getRawHeaderNames", "hasHeader"],
  (response) => response.showHeaders(),
);

// Node keeps it in a symbol of its own.
overrideGetters(
  DirectResponse.prototype,
  http.ServerResponse.prototype,
  { writableFinished: true },
  (response) => response.way === Way.FINISHED,
);
// And it asks the stream, which knows nothing of a write past it.
overrideGetters(
  DirectResponse.prototype,
  DirectResponse.prototype,
  { writableFinished: false },
  (response) => response.way === Way.ANSWERED,
);

const { end, write, writeHead, setHeader } = DirectResponse.prototype;

/** Nobody has wrapped what Node would call (compression, sessions and loggers do), nor asked for what only Node does. */
function isPlain(response: DirectResponse): boolean {
  return (
    response.end === end &&
    response.writeHead === writeHead &&
    response.write === write &&
    response.setHeader === setHeader &&
    !Object.hasOwn(response, "emit") &&
    response.sendDate &&
    response.shouldKeepAlive &&
    !response._removedConnection &&
    !response.statusMessage
  );
}
