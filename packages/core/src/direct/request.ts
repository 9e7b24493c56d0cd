/**
 * The request of a direct exchange. The end of its body is kept from Node's stream until a caller uses that stream: then
 * the exchange becomes Node's.
 */
import { ExchangeState } from "../message/exchange.ts";
import type { PacketronRequest, RequestClass } from "../message/request.ts";
import { http } from "../node/http.ts";
import { dump, letsEmptyFlow } from "../node/internals.ts";
import { LISTENING, overrideGetters, overrideMethods } from "../node/override-methods.ts";
import { isDirect, promoteResponse } from "./response.ts";

/** Node's own methods, past the overrides. */
const { prototype: node } = http.IncomingMessage;

/** Makes a class of requests whose streams notice that they are used. */
export function createDirectRequest(base: RequestClass): RequestClass {
  const DirectRequest: RequestClass = class extends base {};
  const { prototype } = DirectRequest;
  overrideMethods(
    prototype,
    base.prototype,
    [...LISTENING, "pause", "pipe", "read", "resume", "setTimeout", "unshift"],
    promoteRequest,
  );
  // What Node's stream says of itself once a request is answered.
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

/** Whether a request is answered, and its stream has never been used. */
export function isOver({ isEndPending, response }: PacketronRequest): boolean {
  return isEndPending && response?.state === ExchangeState.FLUSHED;
}

/** Makes the exchange Node's, and gives the stream its end. */
export function promoteRequest(request: PacketronRequest): void {
  const { response } = request;
  if (response === null || !isDirect(response)) return;
  promoteResponse(response);
  request.hasListeners = true;
  pushEnd(request);
}

/** Ends Node's stream, if its end is due. */
export function pushEnd(request: PacketronRequest): void {
  if (!request.isEndPending) return;
  request.isEndPending = false;
  node.push.call(request, null);
  if (request.isRead) node.resume.call(request);
  else if (request.response?.state === ExchangeState.FLUSHED) dump(request);
}

/** Drops what has not been read of a promoted request whose answer is out, as Node does. */
export function discard(request: PacketronRequest): void {
  if (!request.isEndPending && !request.isRead) dump(request);
}
