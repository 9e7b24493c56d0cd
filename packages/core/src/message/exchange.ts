/** One request and its answer: who answers it, and how far the answer is. */
import type { PreparedAnswer } from "./prepared-answer.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";

/** How far an exchange is. The last three are states of an exchange that is answered past Node's queues. */
export const ExchangeState: {
  /** Node answers it. */
  readonly NODE: 0;
  /** It has no answer yet. */
  readonly OPEN: 1;
  /** Its answer is given, and may wait to be written. */
  readonly SENT: 2;
  /** The system has the whole answer. */
  readonly FLUSHED: 3;
} = Object.freeze({ NODE: 0, OPEN: 1, SENT: 2, FLUSHED: 3 });

/** Sends the answer of an exchange. Chosen when the exchange begins; {@link promote} puts Node's in its place. */
export interface Responder {
  /**
   * Ends a response whose head has not been sent with a body.
   *
   * @param type The Content-Type, for when none was set.
   * @throws What the text of a header throws.
   */
  send(response: PacketronResponse, type: string | null, body: string | Uint8Array): void;
  /** Ends a response whose head has not been sent with a prepared answer. Headers that are set win. */
  sendPrepared(response: PacketronResponse, answer: PreparedAnswer): void;
  /** Makes the exchange Node's, where it is not. */
  promote(): void;
  /** Called when all of the request has arrived. Returns whether its stream ends now. */
  endRequest(request: PacketronRequest): boolean;
  /** Called before a request is destroyed. Returns whether its stream is destroyed: it may belong to the past already. */
  mayDestroy(request: PacketronRequest): boolean;
}
