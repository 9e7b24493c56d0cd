/**
 * Lingering before a close. When a server answers before the client has sent everything, and closes at once, the answer
 * is lost: unread bytes make the kernel send a reset, and the client discards what it has received (RFC 9112 section
 * 9.6). So these functions read and discard what the client still sends, up to a limit in bytes and in time.
 */
import { Socket } from "node:net";
import type { ServerSettings } from "../config/options.ts";
import type { PacketronRequest } from "../message/request.ts";

/** How many bytes are discarded, and for how many milliseconds. */
export type LingerLimits = Pick<ServerSettings, "lingerBytes" | "lingerTimeout">;

/**
 * Discards the rest of a body whose request has been answered, to keep the connection usable. Does nothing to a body
 * that code is reading.
 *
 * @param onLimit Called when the body exceeds a limit.
 */
export function discardBody(request: PacketronRequest, limits: LingerLimits, onLimit: () => void): void {
  if (request.destroyed || hasReader(request)) return;
  let left = limits.lingerBytes;
  const timer = setTimeout(onLimit, limits.lingerTimeout);
  const stop = (): void => clearTimeout(timer);
  request.once("end", stop).once("close", stop);
  request.on("data", (chunk: Buffer) => {
    const before = left;
    left -= chunk.length;
    if (before >= 0 && left < 0) onLimit();
  });
  request.resume();
}

function hasReader(request: PacketronRequest): boolean {
  const untouched =
    request.readableFlowing === null || (request.readableFlowing === false && !request.readableDidRead);
  const isCollected = request.bodyStream !== null && request.bodyStream.sink !== null;
  return isCollected || !untouched || request.listenerCount("readable") > 0;
}

/** Closes a connection: ends the writing side, discards what the client sends until it closes or a limit is reached. */
export function closeLingering(socket: Socket, limits: LingerLimits): void {
  if (socket.readableEnded || limits.lingerTimeout === 0 || limits.lingerBytes === 0)
    return closeSoon(socket);
  socket.end();
  let left = limits.lingerBytes;
  const timer = setTimeout(() => socket.destroy(), limits.lingerTimeout);
  socket.once("close", () => clearTimeout(timer));
  socket.once("end", () => socket.destroy());
  // Node's parser reads directly from the libuv handle, and stops the handle while a body has no reader. Node's
  // `resume` listener starts the handle again. From then on, this `data` listener gets the bytes instead of the parser.
  socket.once("resume", () => {
    socket.removeAllListeners("data");
    socket.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) socket.destroy();
    });
  });
  socket.pause();
  socket.resume();
  // The parser may be in the middle of a chunk, and still pause the socket when the code that reads this body is slow.
  // That code would never resume the socket: it waits for a body whose request has been answered.
  socket.on("pause", () => process.nextTick(() => socket.resume()));
}

/** Closes a connection once everything is written, with Node's `destroySoon()`, which `Connection` has replaced. */
export function closeSoon(socket: Socket): void {
  Socket.prototype.destroySoon.call(socket);
}
