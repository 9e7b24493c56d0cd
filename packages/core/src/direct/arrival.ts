/**
 * How the requests of a connection come to be handled: each at once, in the call of Node's parser; or, under load, behind the
 * reading of others in its turn. Then handlers see what they would have seen in that call: head, body, ticks, end.
 */
import { AsyncResource } from "node:async_hooks";
import type { IncomingMessage } from "node:http";
import type { PacketronResponse } from "../message/response.ts";
import { HeadFlag } from "../message/validate-head.ts";
import type { HttpSocket } from "../node/internals.ts";
import { throwLater } from "../node/throw-later.ts";
import { createMessageEnd, type MessageEnd } from "./message-end.ts";
import type { DirectRequest } from "./request.ts";
import { type Arriving, turn } from "./write-batch.ts";

/** The requests of one connection, one after the other. */
export class Arrival implements Arriving {
  readonly #socket: HttpSocket;
  readonly #handle: (response: PacketronResponse) => void;
  readonly #messageEnd: MessageEnd | null;
  /** Whose request waits to be handled. */
  #held: PacketronResponse | null = null;
  /** What has come of its body. */
  #early: Buffer | null = null;
  /** The context of what has waited: the one in which Node's parser calls. */
  #scope: AsyncResource | null = null;

  constructor(socket: HttpSocket, handle: (response: PacketronResponse) => void) {
    this.#socket = socket;
    this.#handle = handle;
    this.#messageEnd = createMessageEnd(socket);
  }

  /** Whether a request waits to be handled. */
  get isWaiting(): boolean {
    return this.#held !== null;
  }

  /**
   * Lets a request wait, which {@link begin} handles, if that is worth it, and if everything that comes of it in this read
   * is known here.
   *
   * @param head What its head says about its body.
   */
  hold(response: PacketronResponse, head: number): boolean {
    const { req: request } = response;
    const messageEnd = this.#messageEnd;
    if (messageEnd === null || !messageEnd.isInCharge) return false;
    if ((head !== HeadFlag.NO_BODY && request.announced === 0) || !turn.hold(this)) return false;
    this.#scope ??= new AsyncResource("PacketronRequest");
    this.#held = response;
    messageEnd.postpone();
    if (head === HeadFlag.NO_BODY) messageEnd.expect(request);
    return true;
  }

  /** Lets bytes of a body wait, if their request does. */
  keep(request: DirectRequest, chunk: Buffer): boolean {
    if (this.#held === null || this.#held.req !== request) return false;
    if (this.#early !== null) {
      this.begin(); // a second piece in one turn is the rare case
      return false;
    }
    this.#early = chunk;
    if (chunk.length === request.announced) this.expect(request);
    return true;
  }

  /** Nothing more of a request will come. */
  expect(request: IncomingMessage): void {
    this.#messageEnd?.expect(request);
  }

  /** Handles the request that waits, if one does, and what has come of its body. */
  begin(): void {
    if (this.#held !== null) this.#scope?.runInAsyncScope(this.#begin, this, this.#held);
  }

  #begin(response: PacketronResponse): void {
    const early = this.#early;
    this.#held = null;
    this.#early = null;
    this.#handle(response);
    const { req: request } = response;
    if (early === null) return this.#complete();
    if (!request.push(early)) this.#socket.pause(); // as Node's parser
  }

  /** Ends the request that has waited, if all of it has come. */
  end(): void {
    if (this.#held !== null || this.#messageEnd?.isPostponed !== true) return;
    this.#scope?.runInAsyncScope(this.#complete, this);
  }

  #complete(): void {
    this.#messageEnd?.complete();
  }

  /** Handles what waits now: something else is about to happen to the connection, which no error of the user's is to stop. */
  hurry(): void {
    if (this.#held === null) return;
    try {
      this.begin();
      this.end();
    } catch (error) {
      throwLater(error);
    }
  }

  /** Leaves nothing of a request open: another one comes behind it. */
  finish(): void {
    this.hurry();
    this.#complete();
  }

  /** Gives the parser back. A socket tells that it is closed behind all that a turn has for it. */
  close(): void {
    this.#messageEnd?.restore();
  }
}
