import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { announcesBody, type BodyHead, declaredLength, readBodyHead } from "../../src/body/head.ts";
import { DirectRequest } from "../../src/direct/request.ts";

/** A request with these lines, as Node's parser makes it. */
function requestWith(rawHeaders: readonly string[]): DirectRequest {
  const request = new DirectRequest(new Socket());
  request.rawHeaders = [...rawHeaders];
  for (let index = 0; index < rawHeaders.length; index += 2)
    Reflect.apply(Reflect.get(request, "_addHeaderLine"), request, [
      rawHeaders[index],
      rawHeaders[index + 1],
      request.headers,
    ]);
  request.areHeadersMade = false;
  return request;
}

const rows: readonly (readonly [name: string, lines: readonly string[], expected: Partial<BodyHead>])[] = [
  ["none", ["Host", "x"], {}],
  ["a length", ["Content-Length", "5"], { contentLength: "5" }],
  ["a coding of the transfer", ["TRANSFER-ENCODING", "chunked"], { transferEncoding: "chunked" }],
  [
    "all, in any case",
    ["content-TYPE", "a/b", "Content-Encoding", "gzip", "content-length", "7", "X-Content-Type", "c/d"],
    { contentType: "a/b", contentEncoding: "gzip", contentLength: "7" },
  ],
  ["names of the same length", ["X-Request-Id", "1", "Max-Forwards", "2", "Accept-Charset", "3"], {}],
  ["two types: the first", ["Content-Type", "a/b", "content-type", "c/d"], { contentType: "a/b" }],
  [
    "two codings: both",
    ["Content-Encoding", "gzip", "Content-Encoding", "br"],
    { contentEncoding: "gzip, br" },
  ],
];

const NOTHING: BodyHead = {
  transferEncoding: undefined,
  contentLength: undefined,
  contentType: undefined,
  contentEncoding: undefined,
};

describe("what a head says about the body", () => {
  test.each(rows)(
    "is found in the lines as they came, and the same in headers: %s",
    (_name, lines, expected) => {
      const request = requestWith(lines);
      expect(readBodyHead(request)).toEqual({ ...NOTHING, ...expected });
      request.areHeadersMade = true;
      expect(readBodyHead(request)).toEqual({ ...NOTHING, ...expected });
    },
  );

  test("is what somebody has changed in headers", () => {
    const request = requestWith(["Content-Type", "a/b"]);
    request.headers["content-type"] = "c/d";
    expect(readBodyHead(request).contentType).toBe("c/d");
  });

  test.each([
    [{}, 0, false],
    [{ contentLength: "0" }, 0, false],
    [{ contentLength: "5" }, 5, true],
    [{ transferEncoding: "chunked" }, 0, true],
  ])("of %j is a body of %i bytes: %s", (head, length, announces) => {
    const whole = { ...NOTHING, ...head };
    expect([declaredLength(whole), announcesBody(whole)]).toEqual([length, announces]);
  });
});
