import { describe, expect, it } from "vitest";
import { judgeClientError } from "../../src/connection/client-error.ts";

function parseError(code: string, facts: object = {}): Error {
  return Object.assign(new Error("Parse Error"), { code, ...facts });
}

/** An error of the parser at a position in the bytes it has read. */
function methodError(packet: string, bytesParsed: number): Error {
  return parseError("HPE_INVALID_METHOD", { rawPacket: Buffer.from(packet, "latin1"), bytesParsed });
}

const BEFORE = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

const rows: readonly [name: string, error: Error, verdict: ReturnType<typeof judgeClientError>][] = [
  ["a head that is too large", parseError("HPE_HEADER_OVERFLOW"), 431],
  ["chunk extensions that are too large", parseError("HPE_CHUNK_EXTENSIONS_OVERFLOW"), 413],
  ["a timeout", parseError("ERR_HTTP_REQUEST_TIMEOUT"), 408],
  ["the preface of HTTP/2", parseError("HPE_PAUSED_H2_UPGRADE"), 505],
  ["an unknown version", parseError("HPE_INVALID_VERSION", { reason: "Invalid HTTP version" }), 505],
  ["a version and LF", parseError("HPE_INVALID_VERSION", { reason: "Expected CRLF after version" }), 400],
  ["any other parse error", parseError("HPE_INVALID_HEADER_TOKEN"), 400],
  ["an unknown method", methodError("ABC / HTTP/1.1\r\n", 1), 501],
  ["an unknown method after a request", methodError(`${BEFORE}ABC / HTTP/1.1\r\n`, BEFORE.length + 1), 501],
  [
    "an unknown method whose first byte failed",
    methodError(`${BEFORE}ABC / HTTP/1.1\r\n`, BEFORE.length),
    501,
  ],
  ["a method that is not a token", methodError("G@T / HTTP/1.1\r\n", 1), 400],
  ["a method without a space", methodError("ABC\r\n", 1), 400],
  ["a method that arrived in pieces", methodError("", 0), 400],
  ["an error of a method without its bytes", parseError("HPE_INVALID_METHOD"), 400],
  ["a pause that Node did not clear, over TLS", parseError("HPE_PAUSED"), "reject-further"],
  ["bytes after the last request", parseError("HPE_CLOSED_CONNECTION"), "reject-further"],
  ["a client that closed in the middle", parseError("HPE_INVALID_EOF_STATE"), "destroy"],
  ["a reset", parseError("ECONNRESET"), "destroy"],
  ["a broken pipe", parseError("EPIPE"), "destroy"],
  ["plain HTTP on a TLS port", parseError("ERR_SSL_HTTP_REQUEST"), "destroy"],
  ["an error without a code", new Error("?"), "destroy"],
];

describe("a client error", () => {
  it.each(rows)("that is %s gets its verdict", (_name, error, verdict) => {
    expect(judgeClientError(error)).toBe(verdict);
  });
});
