/** Answers through Node's own response: sets the headers, and lets `end()` write. */
import { stringifyHeaders } from "./answer.ts";
import type { Responder } from "./exchange.ts";
import { setBlock } from "./header-block.ts";
import type { PacketronResponse } from "./response.ts";

/** The responder of every exchange that is not direct. */
export const nodeResponder: Responder = {
  send(response, type, body) {
    setBlock(response);
    stringifyHeaders(response);
    const { statusCode } = response;
    if (statusCode < 200 || statusCode === 204 || statusCode === 304) return endWithoutContent(response);
    const content = statusCode === 205 ? "" : body; // RFC 9110 section 15.3.6: no content, and a length of 0
    if (type !== null && !response.hasHeader("Content-Type")) response.setHeader("Content-Type", type);
    const length = typeof content === "string" ? Buffer.byteLength(content) : content.byteLength;
    const isHead = response.req.method === "HEAD";
    if (response.hasHeader("Transfer-Encoding")) {
      if (isHead && length === 0) return void response.end(); // the answer to GET is a stream
      // RFC 9112 section 6.2: a message with Transfer-Encoding must not have a Content-Length.
      response.removeHeader("Transfer-Encoding");
    }
    if (isHead) return endHead(response, length);
    response.setHeader("Content-Length", length);
    response.end(content);
  },

  sendPrepared(response, { status, headers, body }) {
    response.statusCode = status;
    for (const key in headers) {
      const header = headers[key];
      if (header !== undefined && !response.hasHeader(key)) response.setHeader(header[0], String(header[1]));
    }
    nodeResponder.send(response, null, body);
  },

  promote() {},
  endRequest: () => true,
  mayDestroy: () => true,
};

/** Ends a response of a status without content. It has no Content-Length, RFC 9110 sections 6.4.1 and 8.6. */
function endWithoutContent(response: PacketronResponse): void {
  response.removeHeader("Content-Length");
  response.removeHeader("Transfer-Encoding");
  // RFC 9110 section 15.2: a 1xx is not a final answer, so the client goes on waiting. Unless the connection closes,
  // the client takes the answer to its next request for the answer to this request.
  if (response.statusCode < 200) response.setHeader("Connection", "close");
  response.end();
}

/** Answers HEAD with the headers of GET. Keeps a Content-Length that the handler has set instead of making the body. */
function endHead(response: PacketronResponse, length: number): void {
  if (!response.hasHeader("Content-Length")) response.setHeader("Content-Length", length);
  response.end();
}
