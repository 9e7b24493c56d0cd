/** The request of a direct exchange: the end of its body is not told to Node's stream until somebody asks for it. */
import { isHeaderName } from "../http/header-name.ts";
import type { PacketronResponse } from "../message/response.ts";
import { http } from "../node/http.ts";
import { letsEmptyFlow } from "../node/internals.ts";
import { LISTENING, overrideGetters, overrideMethods } from "../node/override-methods.ts";
import { Way } from "./response.ts";

/** A request that can be answered without Node's queue of requests. */
export class DirectRequest extends http.IncomingMessage {
  /** The answer to this request; there from the first gate on. */
  response: PacketronResponse | null = null;
  /** Whether the client asks for another protocol. @internal */
  declare upgrade: boolean | null;
  // No private fields: middleware hands on requests behind a Proxy or an Object.create(), which have none.
  /** Whether somebody has had `headers`. @internal */
  areHeadersMade = false;
  /** Whether the end of the body has come, and Node's stream does not know. @internal */
  endUntold = false;
  /** Whether core has read the body, so that the stream has nothing to wait for. @internal */
  isRead = false;
  /** Whether somebody looks at the stream since the direct answer was given. @internal */
  isWatched = false;
  // A method of Node's class, see internals.ts.
  /** @internal */
  declare readonly _dump: () => void;

  /** Whether it is answered and nobody has ever looked at its stream. @internal */
  get isOver(): boolean {
    return this.endUntold && this.response?.way === Way.FINISHED;
  }

  /** The value of a header, without the making of all headers where nobody has asked for them. @internal */
  field(name: string): string | undefined {
    if (this.areHeadersMade) return joined(this.headers[name]);
    const { rawHeaders } = this;
    let found: string | undefined;
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      if (!isHeaderName(rawHeaders[index] ?? "", name)) continue;
      if (found !== undefined) return joined(this.headers[name]); // Node knows which names are joined
      found = rawHeaders[index + 1];
    }
    return found;
  }

  static {
    // Whoever has had the headers may have changed them. Node's types call them a property, which a class cannot turn
    // into a getter.
    const { get, set } = Object.getOwnPropertyDescriptor(http.IncomingMessage.prototype, "headers") ?? {};
    Object.defineProperty(DirectRequest.prototype, "headers", {
      configurable: true,
      get(this: DirectRequest): unknown {
        this.areHeadersMade = true;
        return get?.call(this);
      },
      set(this: DirectRequest, value: unknown): void {
        this.areHeadersMade = true;
        set?.call(this, value);
      },
    });
  }

  /** Node gets the exchange, and the stream its end. @internal */
  promote(): void {
    const { response } = this;
    if (response === null || response.way === Way.STANDARD) return;
    response.promote();
    this.isWatched = true;
    this.tellEnd();
  }

  /** Tells the stream that the body is complete, when it is. @internal */
  tellEnd(): void {
    if (!this.endUntold) return;
    this.endUntold = false;
    super.push(null);
    if (this.isRead) super.resume();
    else if (this.response?.way === Way.FINISHED) this._dump();
  }

  /** Its answer is out: nobody else will read what nobody has read. Node does the same. @internal */
  discard(): void {
    if (this.isWatched && !this.endUntold && !this.isRead) this._dump();
  }

  /** What has come of the body, for core, which needs no stream for it. @internal */
  readBuffered(): unknown {
    return super.read();
  }

  /** Core has read the body: the stream ends and closes, like any that was read. @internal */
  endStream(): void {
    this.isRead = true;
    if (!this.endUntold) super.resume();
  }

  /** Behind the answer there is nothing left to end: the connection is the next request's. */
  override destroy(error?: Error): this {
    if (this.isOver) return this;
    this.promote();
    return super.destroy(error);
  }

  /** Called by Node's parser for each chunk of the body, and with `null` at its end. @internal */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    const { response } = this;
    if (chunk !== null || response === null || response.way === Way.STANDARD)
      return super.push(chunk, encoding);
    this.endUntold = true;
    response.direct?.forget(this);
    if (this.isWatched) this.tellEnd();
    return false;
  }
}

function joined(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}

/** Whoever calls one of these wants a stream. */
overrideMethods(
  DirectRequest.prototype,
  http.IncomingMessage.prototype,
  [...LISTENING, "pause", "pipe", "read", "resume", "setTimeout", "unshift"],
  (request) => request.promote(),
);

/** What Node's stream says of itself once a request is answered. */
overrideGetters(
  DirectRequest.prototype,
  http.IncomingMessage.prototype,
  { closed: true, destroyed: true, readable: false, readableEnded: true },
  (request) => request.isOver,
);
overrideGetters(
  DirectRequest.prototype,
  http.IncomingMessage.prototype,
  { readableFlowing: true },
  (request) => request.isOver && (letsEmptyFlow || request.isRead || request.readableLength > 0),
);
