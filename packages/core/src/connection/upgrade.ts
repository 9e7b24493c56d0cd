/**
 * Answers requests for an HTTP upgrade. Node gives up the connection before it emits such a request: it parses no
 * further requests, and has removed its listeners from the socket. Gates still run, and may refuse the request with an
 * answer; the connection closes after that answer. If the handler takes the upgrade, the socket is its own.
 */
import type { Socket } from "node:net";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { Connection } from "./connection.ts";

/** A request for an upgrade, with what Node has given up for it. */
export interface UpgradeParts {
  readonly request: PacketronRequest;
  readonly response: PacketronResponse;
  readonly connection: Connection;
  /** The bytes that came after the request, of the new protocol. */
  readonly head: Buffer;
}

/**
 * Answers a request for an upgrade.
 *
 * @param answer Admits and dispatches the request.
 */
export function answerUpgrade(parts: UpgradeParts, answer: () => void): void {
  const { request, response, connection } = parts;
  const { socket } = connection;
  socket.on("error", () => undefined); // without a listener, the error would be thrown
  // The answers that are due close the connection: the next bytes on it would have to be those of the new protocol.
  if (connection.unanswered.length > 0) return connection.rejectFurther();
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  const release = relay(socket, request, response);
  request.handOver = () => {
    request.handOver = undefined;
    release();
    response.detachSocket(socket);
    response.refused = true; // an answer after the hand-over is ignored
    const drainSignal = connection.handOver(response);
    return { socket: Object.assign(socket, { drainSignal }), head: parts.head };
  };
  answer();
  connection.rejectFurther();
}

/** Passes events of the socket to request and response, as Node does for other requests. Returns what ends that. */
function relay(socket: Socket, request: PacketronRequest, response: PacketronResponse): () => void {
  const onClose = (): void => void request.destroy();
  const onDrain = (): void => void response.emit("drain");
  const onEnd = (): void => {
    request.destroy();
    socket.end();
  };
  socket.on("close", onClose).on("drain", onDrain).on("end", onEnd);
  socket.read(0); // begins to read into the buffer of the stream, without which the end would not be noticed
  return () => void socket.off("close", onClose).off("drain", onDrain).off("end", onEnd);
}
