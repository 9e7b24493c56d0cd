/** An exchange: one request and its answer. Its responder sends the answer, its state says how far the answer is. */
import type { PreparedAnswer } from "./prepared-answer.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";

/** The state of an exchange: `NODE`, or one of the three states of a direct exchange. */
export const ExchangeState: {
  /** Node answers the exchange: it was never direct, or has been promoted. */
  readonly NODE: 0;
  /** The exchange is direct, and the handler has not answered yet. */
  readonly OPEN: 1;
  /** The exchange is direct, and the handler has answered. The answer may wait to be written. */
  readonly SENT: 2;
  /** The exchange is direct, and the system has taken the whole answer. */
  readonly FLUSHED: 3;
} = Object.freeze({ NODE: 0, OPEN: 1, SENT: 2, FLUSHED: 3 });

/** Sends the answer of an exchange. Chosen when the exchange begins; `promote()` replaces it by Node's responder. */
export interface Responder {
  /**
   * Answers with a body, and ends the response. To be called before the head has been sent.
   *
   * @param type The Content-Type, unless the response has one.
   * @throws What `toString()` of a header's value throws.
   */
  send(response: PacketronResponse, type: string | null, body: string | Uint8Array): void;
  /** Answers with a prepared answer, and ends the response. Headers that are set on the response win. */
  sendPrepared(response: PacketronResponse, answer: PreparedAnswer): void;
  /** Gives a direct exchange to Node. Does nothing if the exchange is Node's. */
  promote(): void;
  /** Called when the whole request has arrived. Returns whether Node's stream of the request ends now. */
  endRequest(request: PacketronRequest): boolean;
  /**
   * Called before a request is destroyed. Returns whether Node destroys it: an answered direct one has nothing left.
   */
  mayDestroy(request: PacketronRequest): boolean;
}
