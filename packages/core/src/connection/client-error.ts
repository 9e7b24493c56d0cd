/** Requests that Node's parser gives up, and those that take too long: which are answered, and with which status. */
import type { Server, Socket } from "node:net";
import { createLogLimiter, type Logger } from "../log/logger.ts";
import type { ConnectionTable } from "./table.ts";

/** Answers the `clientError` events of a server: one refusal at most for a connection, and one log line a second of a kind. */
export function answerClientErrors(server: Server, connections: ConnectionTable, log: Logger): void {
  const limited = createLogLimiter();
  server.on("clientError", (error: Error, socket: Socket) => {
    const verdict = judgeClientError(error);
    const connection = connections.get(socket);
    const code = "code" in error ? error.code : undefined;
    limited(`${verdict}`, (leftOut) => log.debug({ code, verdict, leftOut }, "a request could not be read"));
    // A connection that was opened ahead of need and never used is closed without a word.
    const unused = verdict === 408 && socket.bytesRead === 0;
    if (connection === undefined || verdict === "destroy" || unused) socket.destroy();
    else if (verdict === "reject-further") connection.rejectFurther();
    else connection.refuse(verdict);
  });
}

/** The outcome of a client error: a status to refuse with, or what to do instead. */
export type ClientErrorVerdict = number | "reject-further" | "destroy";

/**
 * Reads a `clientError`: a parse error, a timeout of the head or of the whole request, or a socket or TLS failure.
 *
 * @returns The status to answer with; `"reject-further"` when bytes follow the last request of the connection; `"destroy"` when
 *   there is nobody to answer.
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
    case "HPE_INVALID_VERSION": // also a version that is followed by a bare LF
      return "reason" in error && error.reason === "Invalid HTTP version" ? 505 : 400;
    case "HPE_PAUSED_H2_UPGRADE": // the preface of HTTP/2
      return 505;
    case "HPE_INVALID_METHOD":
      return hasMethodToken(error) ? 501 : 400;
    case "HPE_PAUSED": // over TLS, Node goes on parsing what it has although it has paused, for a client that does not read
    case "HPE_CLOSED_CONNECTION": // bytes behind a request with `Connection: close`, RFC 9112 section 9.6
      return "reject-further";
    case "HPE_INVALID_EOF_STATE": // the client closed in the middle of a request
      return "destroy";
    default:
      return typeof code === "string" && code.startsWith("HPE_") ? 400 : "destroy";
  }
}

const TOKEN_AND_SPACE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ /;

/**
 * Whether the line that failed begins with a token and a space: a method that the parser does not know (RFC 9110
 * section 9.1), not garbage. A method that arrives in pieces cannot be seen here and counts as garbage.
 */
function hasMethodToken(error: Error): boolean {
  if (!("rawPacket" in error) || !Buffer.isBuffer(error.rawPacket)) return false;
  const failedAt = "bytesParsed" in error ? Number(error.bytesParsed) : 0;
  const lineStart = failedAt === 0 ? 0 : error.rawPacket.lastIndexOf(0x0a, failedAt - 1) + 1;
  return TOKEN_AND_SPACE.test(error.rawPacket.toString("latin1", lineStart, lineStart + 64));
}
