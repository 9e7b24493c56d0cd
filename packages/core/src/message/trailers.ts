/**
 * Fields that must not stand in the trailer section, RFC 9110 section 6.5.1: when trailers arrive, the headers about
 * framing, routing, authentication and content format have been acted on. A program that gets the request next, and
 * merges trailers into the headers, would act on other values.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

const FORBIDDEN: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "expect",
  "host",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Whether all trailers of a request are allowed. `rawTrailers` has names and values in turn. */
export function areTrailersAllowed(rawTrailers: readonly string[]): boolean {
  for (let index = 0; index < rawTrailers.length; index += 2)
    if (FORBIDDEN.has((rawTrailers[index] ?? "").toLowerCase())) return false;
  return true;
}

/** Refuses the rest of a connection. */
interface Refusing {
  refuse(status: number): void;
}

/** The property of a socket that has its {@link Refusing}. */
const REFUSING: unique symbol = Symbol("refusing");

interface RefusingSocket extends Socket {
  readonly [REFUSING]: Refusing;
}

/**
 * Sets the object that refuses the newest request of a connection, whose body is not complete, when the request has
 * trailers that are not allowed.
 */
export function onTrailersRefused(socket: Socket, connection: Refusing): void {
  Reflect.set(socket, REFUSING, connection);
}

/** Refuses a request whose trailers are not allowed, in the same way as a request with an invalid chunk. */
export function refuseTrailers(request: IncomingMessage): void {
  request.complete = false; // set by Node's parser; a reader of the body must not take it for whole
  const { socket } = request;
  if (isRefusing(socket)) socket[REFUSING].refuse(400);
  else socket.destroy();
}

function isRefusing(socket: Socket): socket is RefusingSocket {
  return REFUSING in socket;
}
