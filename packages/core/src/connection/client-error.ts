/** Answers requests that Node's parser rejects and requests that take too long, or cuts their connections. */
import type { Server, Socket } from "node:net";
import { createLogLimiter, type Logger } from "../log/logger.ts";
import type { ConnectionTable } from "./table.ts";

/**
 * Answers the `clientError` events of a server: sends at most one refusal on a connection, and writes at most one log
 * line a second for each kind of error.
 */
export function answerClientErrors(server: Server, connections: ConnectionTable, log: Logger): void {
  const limited = createLogLimiter();
  server.on("clientError", (error: Error, socket: Socket) => {
    const verdict = judgeClientError(error);
    const connection = connections.get(socket);
    const code = "code" in error ? error.code : undefined;
    limited(`${verdict}`, (leftOut) => log.debug({ code, verdict, leftOut }, "a request could not be read"));
    // A connection that the client opened in advance and never used is closed without an answer.
    const unused = verdict === 408 && socket.bytesRead === 0;
    if (connection === undefined || verdict === "destroy" || unused) socket.destroy();
    else if (verdict === "reject-further") connection.rejectFurther();
    else connection.refuse(verdict);
  });
}

/**
 * How core reacts to a `clientError` event: answers with a status, drops further requests, or closes the connection.
 */
export type ClientErrorVerdict = number | "reject-further" | "destroy";

/**
 * Decides how the error of a `clientError` event is answered: a parse error, a timeout of the head or of the whole
 * request, or a socket or TLS failure.
 *
 * @returns The status to refuse with; `"reject-further"` when bytes follow the last request of the connection;
 *   `"destroy"` when the client cannot receive an answer.
 */
export function judgeClientError(error: Error): ClientErrorVerdict {
  const code = "code" in error ? error.code : undefined;
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return 431;
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return 413;
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return 408;
    case "HPE_INVALID_VERSION": // Node also emits this for a valid version before a bare LF, which is a 400
      return "reason" in error && error.reason === "Invalid HTTP version" ? 505 : 400;
    case "HPE_PAUSED_H2_UPGRADE": // the preface of HTTP/2
      return 505;
    case "HPE_INVALID_METHOD":
      return hasMethodToken(error) ? 501 : 400;
    case "HPE_PAUSED": // TLS only: the client does not read, so Node paused the parser, but still feeds it
    case "HPE_CLOSED_CONNECTION": // bytes after a request with `Connection: close`, RFC 9112 section 9.6
      return "reject-further";
    case "HPE_INVALID_EOF_STATE": // the client closed in the middle of a request
      return "destroy";
    default:
      return typeof code === "string" && code.startsWith("HPE_") ? 400 : "destroy";
  }
}

const TOKEN_AND_SPACE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ /;

/**
 * Whether the line that the parser rejected begins with a token and a space. If so, the client sent a method that the
 * parser does not know (RFC 9110 section 9.1), not garbage. A method that arrived in several chunks counts as garbage,
 * because `rawPacket` has only the last chunk.
 */
function hasMethodToken(error: Error): boolean {
  if (!("rawPacket" in error) || !Buffer.isBuffer(error.rawPacket)) return false;
  const failedAt = "bytesParsed" in error ? Number(error.bytesParsed) : 0;
  const lineStart = failedAt === 0 ? 0 : error.rawPacket.lastIndexOf(0x0a, failedAt - 1) + 1;
  return TOKEN_AND_SPACE.test(error.rawPacket.toString("latin1", lineStart, lineStart + 64));
}
