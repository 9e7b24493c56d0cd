import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { type BodyHead, readBodyHead } from "../../src/body/head.ts";
import { PacketronRequest } from "../../src/message/request.ts";

/** A request with these header lines, as Node's parser makes it. */
function requestWith(rawHeaders: readonly string[]): PacketronRequest {
  const request = new PacketronRequest(new Socket());
  request.rawHeaders = [...rawHeaders];
  for (let index = 0; index < rawHeaders.length; index += 2)
    Reflect.apply(Reflect.get(request, "_addHeaderLine"), request, [
      rawHeaders[index],
      rawHeaders[index + 1],
      request.headers,
    ]);
  request.headersMade = false;
  return request;
}

const rows: readonly (readonly [name: string, lines: readonly string[], expected: Partial<BodyHead>])[] = [
  ["none", ["Host", "x"], {}],
  ["a length", ["Content-Length", "5"], { length: 5, isAnnounced: true }],
  ["a length of 0", ["Content-Length", "0"], {}],
  ["a coding of the transfer", ["TRANSFER-ENCODING", "chunked"], { isAnnounced: true }],
  [
    "all, in any case",
    ["content-TYPE", "a/b", "Content-Encoding", "gzip", "content-length", "7", "X-Content-Type", "c/d"],
    { isAnnounced: true, length: 7, contentType: "a/b", contentEncoding: "gzip", codings: ["gzip"] },
  ],
  ["names of the same length", ["X-Request-Id", "1", "Max-Forwards", "2", "Accept-Charset", "3"], {}],
  ["two types: the first", ["Content-Type", "a/b", "content-type", "c/d"], { contentType: "a/b" }],
  [
    "two codings: both",
    ["Content-Encoding", "gzip", "Content-Encoding", "br"],
    { contentEncoding: "gzip, br", codings: ["gzip", "br"] },
  ],
  [
    "a coding that the server does not know",
    ["Content-Encoding", "compress"],
    { contentEncoding: "compress", codings: null },
  ],
];

const NOTHING: BodyHead = {
  isAnnounced: false,
  length: 0,
  contentType: undefined,
  contentEncoding: undefined,
  codings: [],
};

describe("the head of a body", () => {
  test.each(rows)(
    "is the same from the raw header lines and from `headers`: %s",
    (_name, lines, expected) => {
      const request = requestWith(lines);
      expect(readBodyHead(request)).toEqual({ ...NOTHING, ...expected });
      request.headersMade = true;
      expect(readBodyHead(request)).toEqual({ ...NOTHING, ...expected });
    },
  );

  test("follows changes that a plugin has made in headers", () => {
    const request = requestWith(["Content-Type", "a/b"]);
    request.headers["content-type"] = "c/d";
    expect(readBodyHead(request).contentType).toBe("c/d");
  });

  test("is read once, and again once headers can have been changed", () => {
    const request = requestWith(["Content-Type", "a/b"]);
    const first = request.bodyHead;
    expect(request.bodyHead).toBe(first);
    request.headers["content-type"] = "c/d";
    expect(request.bodyHead.contentType).toBe("c/d");
  });
});
