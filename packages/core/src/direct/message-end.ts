/**
 * The end of a request is known as soon as its head or the last byte of its body is there. Node's parser calls into
 * JavaScript for it all the same, and then once more for the end of the read: 4 % of the profile of a small answer. Here the first is
 * done with the second, and what Node does behind each read is left out where it has nothing to do.
 */
import type { IncomingMessage } from "node:http";
import {
  callbacksOf,
  type HttpParser,
  type HttpSocket,
  type OnRead,
  type ParserCallbacks,
} from "../node/internals.ts";

/** Spares one connection's parser the calls at the end of its requests. */
export class MessageEnd {
  readonly #socket: HttpSocket;
  readonly #parser: HttpParser;
  readonly #callbacks: ParserCallbacks;
  /** Of which everything has come, while the parser does not call for its end. */
  #request: IncomingMessage | null = null;
  #isPostponed = false;

  constructor(socket: HttpSocket, parser: HttpParser, callbacks: ParserCallbacks) {
    this.#socket = socket;
    this.#parser = parser;
    this.#callbacks = callbacks;
    parser[callbacks.read] = this.#afterRead; // this one is the connection's own, and Node takes it away with it
  }

  /** Whether the end of a request can be told here: a listener for "data" puts the stream between socket and parser. */
  get isInCharge(): boolean {
    return this.#parser._consumed === true;
  }

  /** Nothing more of a request will come: it ends behind this read, or before the next request in it. */
  expect(request: IncomingMessage): void {
    if (!this.isInCharge) return;
    this.#request = request;
    this.#parser[this.#callbacks.messageComplete] = null;
  }

  /** Lets the end of the next request come when {@link complete} is called, and not behind this read: it waits to be handled. */
  postpone(): void {
    this.#isPostponed = true;
  }

  /** Whether that is so. */
  get isPostponed(): boolean {
    return this.#isPostponed;
  }

  /** Ends the request whose end is due; what Node would have done already. */
  complete(): void {
    this.#isPostponed = false;
    const request = this.restore();
    if (request === null) return;
    request.complete = true;
    request.push(null);
    if (this.#socket.readableFlowing === false) this.#socket.resume(); // the pause was this request's
  }

  readonly #afterRead: OnRead = (result) => {
    const isAll = this.#request !== null && typeof result === "number" && !this.#socket.timeout;
    if (!this.#isPostponed) this.complete();
    return isAll ? undefined : this.#callbacks.onRead(result);
  };

  /** Lets the parser be as Node had it: it will be used again, by clients of the program too. */
  restore(): IncomingMessage | null {
    const request = this.#request;
    if (request === null) return null;
    this.#request = null;
    this.#parser[this.#callbacks.messageComplete] = this.#callbacks.onMessageComplete;
    return request;
  }
}

/** For the parser of a connection; `null` where Node keeps other functions there than those that are known. */
export function createMessageEnd(socket: HttpSocket): MessageEnd | null {
  const { parser } = socket;
  const callbacks = parser === null ? null : callbacksOf(parser);
  return parser === null || callbacks === null ? null : new MessageEnd(socket, parser, callbacks);
}
