/**
 * Lingering. An answer that goes out before the client has sent everything is lost when the connection is closed at
 * once: unread bytes make the kernel send a reset, and the client throws away what it had received (RFC 9112 section
 * 9.6). So the rest is read and discarded for a while, bounded in bytes and in time.
 */
import { Socket } from "node:net";
import type { ServerSettings } from "../config/options.ts";
import type { PacketronRequest } from "../message/request.ts";

/** How much is discarded, and for how long. */
export type LingerLimits = Pick<ServerSettings, "lingerBytes" | "lingerTimeout">;

/**
 * Discards the rest of a request body whose answer is out, to keep the connection usable. A body that somebody reads is
 * left to them.
 *
 * @param onLimit Called once, when the body outlasts a limit.
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

/** Closes a connection whose client may still be sending: half-close, discard until the client closes too, then cut. */
export function closeLingering(socket: Socket, limits: LingerLimits): void {
  if (socket.readableEnded || limits.lingerTimeout === 0 || limits.lingerBytes === 0)
    return closeSoon(socket);
  socket.end();
  let left = limits.lingerBytes;
  const timer = setTimeout(() => socket.destroy(), limits.lingerTimeout);
  socket.once("close", () => clearTimeout(timer));
  socket.once("end", () => socket.destroy());
  // Node's parser reads the handle itself, and stops it when nobody wants a body. Its own `resume` listener starts the
  // handle again; a `data` listener takes the bytes away from the parser for good.
  socket.once("resume", () => {
    socket.removeAllListeners("data");
    socket.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) socket.destroy();
    });
  });
  socket.pause();
  socket.resume();
  // The parser may be in the middle of a chunk. It pauses the socket when the reader of that body is behind, and nobody
  // would start it again: that reader is waiting for a body whose answer is out.
  socket.on("pause", () => process.nextTick(() => socket.resume()));
}

/** Closes a connection once everything is written; Node's own way, also where `destroySoon` is shadowed. */
export function closeSoon(socket: Socket): void {
  Socket.prototype.destroySoon.call(socket);
}
