/**
 * The request of a direct exchange, which is answered in one write. The end of the request is kept back from Node's
 * stream until code uses the stream. The first such use promotes the exchange, that is, gives it to Node.
 */
import { ExchangeState } from "../message/exchange.ts";
import type { PacketronRequest, RequestClass } from "../message/request.ts";
import { http } from "../node/http.ts";
import { dump, letsEmptyFlow } from "../node/internals.ts";
import { LISTENING, overrideGetters, overrideMethods } from "../node/override-methods.ts";
import { isDirect, promoteResponse } from "./response.ts";

/** Node's own methods, for calls that must not go through the overrides of this file. */
const { prototype: node } = http.IncomingMessage;

/** Makes a class of requests that give their exchange to Node when code uses the request as a stream. */
export function createDirectRequest(base: RequestClass): RequestClass {
  const DirectRequest: RequestClass = class extends base {};
  const { prototype } = DirectRequest;
  overrideMethods(
    prototype,
    base.prototype,
    [...LISTENING, "pause", "pipe", "read", "resume", "setTimeout", "unshift"],
    promoteRequest,
  );
  // These getters return what Node's stream returns after a request has been answered.
  overrideGetters(
    prototype,
    base.prototype,
    { closed: true, destroyed: true, readable: false, readableEnded: true },
    isOver,
  );
  overrideGetters(
    prototype,
    base.prototype,
    { readableFlowing: true },
    (request) => isOver(request) && (letsEmptyFlow || request.isRead || request.readableLength > 0),
  );
  return DirectRequest;
}

/** Whether the direct answer to a request has been written, and no code has used the request's stream. */
export function isOver({ isEndPending, response }: PacketronRequest): boolean {
  return isEndPending && response?.state === ExchangeState.FLUSHED;
}

/** Gives the exchange of a request to Node, and ends Node's stream of the request if the whole body has arrived. */
export function promoteRequest(request: PacketronRequest): void {
  const { response } = request;
  if (response === null || !isDirect(response)) return;
  promoteResponse(response);
  request.hasListeners = true;
  pushEnd(request);
}

/** Ends Node's stream of the request, if the whole body has arrived. */
export function pushEnd(request: PacketronRequest): void {
  if (!request.isEndPending) return;
  request.isEndPending = false;
  node.push.call(request, null);
  if (request.isRead) node.resume.call(request);
  else if (request.response?.state === ExchangeState.FLUSHED) dump(request);
}

/** Drops the unread rest of a request whose stream code has used and whose answer is written, as Node does. */
export function discard(request: PacketronRequest): void {
  if (!request.isEndPending && !request.isRead) dump(request);
}
