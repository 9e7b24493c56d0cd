/** The heads of event streams, and answers without a body: to HEAD, and with a status that has no content. */
import { PacketronResponse } from "@packetron/core/capability";

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
 * The fields of an event stream. nginx would collect events until its buffer is full. The connection serves no request
 * after the stream: a client whose stream has ended because this worker drains would otherwise connect to the same worker.
 */
const EVENT_FIELDS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no",
  Connection: "close",
} as const;

/**
 * Gives the head of an event stream, unless the handler has given one. A `Cache-Control` that is set stays. With
 * `writeHead()`, because Node would keep fields of `setHeader()` for as long as the stream is open: 0.7 KB each.
 */
export function writeEventHead(response: PacketronResponse): void {
  if (response.headersSent) return;
  const set = response.getHeader("Cache-Control");
  response.writeHead(
    response.statusCode,
    set === undefined ? EVENT_FIELDS : { ...EVENT_FIELDS, "Cache-Control": set },
  );
}
