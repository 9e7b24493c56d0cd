/** The heads of event streams, and answers without a body: to HEAD, and with a status that has no content. */
import { PacketronResponse } from "@packetron/core";

/** Whether an answer with a status never has a body. */
function hasNoContent(status: number): boolean {
  return status < 200 || status === 204 || status === 205 || status === 304;
}

/** Whether the answer to a request has no body if it has a status. */
export function isBodiless({ req: request }: PacketronResponse, status: number): boolean {
  return request.method === "HEAD" || hasNoContent(status);
}

/** The unwrapped `send()` of core: a plugin that wraps `response.send()` does not expect a stream. */
const { send } = PacketronResponse.prototype;

/** Sends the head that is set on a response. For HEAD it is that of a stream: without a length, unless one is set. */
export function sendHead(response: PacketronResponse): void {
  if (hasNoContent(response.statusCode) || response.hasHeader("Content-Length")) return send.call(response);
  response.writeHead(response.statusCode);
  response.end();
}

/**
 * Sets the head of an event stream. The connection serves no request after it: a client whose stream has ended because this
 * worker drains would otherwise connect to the same worker.
 */
export function setEventHead(response: PacketronResponse): void {
  if (response.headersSent) return; // writeHead() has given the head
  response.setHeader("Content-Type", "text/event-stream");
  if (!response.hasHeader("Cache-Control")) response.setHeader("Cache-Control", "no-store");
  response.setHeader("X-Accel-Buffering", "no"); // nginx would collect events until its buffer is full
  response.setHeader("Connection", "close");
}
