/**
 * An exchange is one request and its answer. A direct exchange is answered in one write, without Node's response code.
 * Promoting a direct exchange means to give it to Node, when code needs what only Node's response can do.
 */
import type { PreparedAnswer } from "./prepared-answer.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";

/** The state of an exchange: `NODE`, or one of the three states of a direct exchange. */
export const ExchangeState: {
  /** Node answers: the exchange was never direct, or has been promoted (given to Node). */
  readonly NODE: 0;
  /** The exchange is direct, and the handler has not answered yet. */
  readonly OPEN: 1;
  /** The exchange is direct, and the handler has answered. The answer may wait to be written. */
  readonly SENT: 2;
  /** The exchange is direct, and the operating system has taken all bytes of the answer. */
  readonly FLUSHED: 3;
} = Object.freeze({ NODE: 0, OPEN: 1, SENT: 2, FLUSHED: 3 });

/** Sends the answer of an exchange. Chosen when the exchange begins; `promote()` replaces it by Node's responder. */
export interface Responder {
  /**
   * Answers with a body, and ends the response. To be called before the head has been sent.
   *
   * @param type The Content-Type, unless the response has one.
   * @throws Node's ERR_INVALID_CHAR for a header whose text is not valid; any error of a header value's `toString()`.
   */
  send(response: PacketronResponse, type: string | null, body: string | Uint8Array): void;
  /** Answers with a prepared answer, and ends the response. Headers that are set on the response win. */
  sendPrepared(response: PacketronResponse, answer: PreparedAnswer): void;
  /** Gives a direct exchange to Node, which then sends the answer. Does nothing if Node has the exchange already. */
  promote(): void;
  /** Called when the whole request has arrived. Returns whether Node's stream of the request ends now. */
  endRequest(request: PacketronRequest): boolean;
  /**
   * Called before a request is destroyed. Returns whether Node may destroy the request; `false` for a request that has
   * been answered directly.
   */
  mayDestroy(request: PacketronRequest): boolean;
}
