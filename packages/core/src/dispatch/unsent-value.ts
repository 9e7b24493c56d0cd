/** Warns of handlers that return a value and do not answer: their clients would wait until they give up. */
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isMeantAsAnswer } from "../routing/return-value.ts";

/** How long a handler may take to answer after it has returned a value, in milliseconds. */
const WAIT = 1_000;

/** The routes that have been warned of, or whose timer runs; for `onNotFound()` the server. */
const noted = new WeakSet<object>();

/**
 * Warns once a route when a handler has returned an object, an array, a string or bytes, and the request is still
 * unanswered after a second. The first such request of a route starts the timer, so that a flood starts no more.
 */
export function noteReturned(value: unknown, request: PacketronRequest, response: PacketronResponse): void {
  if (response.headersSent || !isMeantAsAnswer(value)) return;
  const { route, server } = request;
  const source = route ?? server;
  if (noted.has(source)) return;
  noted.add(source);
  const timer = setTimeout(() => {
    if (response.headersSent || response.destroyed) return void noted.delete(source);
    const handler = route === null ? "onNotFound()'s handler" : `the handler of ${route}`;
    const cure = route === null ? "" : ", or give the route the flag PacketronHandlerFlags.SEND_RETURN_VALUE";
    server.log.warn(
      { route: route === null ? undefined : String(route) },
      `${handler} returned ${nameKind(value)} and has not answered: call response.send(value)${cure}`,
    );
  }, WAIT);
  timer.unref();
}

function nameKind(value: unknown): string {
  if (typeof value === "string") return "a string";
  if (Array.isArray(value)) return "an array";
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? "bytes" : "an object";
}
