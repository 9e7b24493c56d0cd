import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { HeadFlag, validateHead } from "../../src/message/validate-head.ts";

interface Head {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Names and values; Host is x when none is given. */
  readonly headers?: readonly string[];
}

/** The status to refuse a request with, 0 when its head is fine. */
function refusalOf(message: IncomingMessage, validate: typeof validateHead = validateHead): number {
  const verdict = validate(message);
  return verdict >= HeadFlag.REFUSED ? verdict : 0;
}

function judge(head: Head): number {
  return refusalOf(messageOf(head));
}

function messageOf({
  method = "GET",
  target = "/",
  version = "1.1",
  headers = ["Host", "x"],
}: Head): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  const [major, minor] = version.split(".").map(Number);
  Object.assign(request, {
    method,
    url: target,
    httpVersionMajor: major,
    httpVersionMinor: minor,
    rawHeaders: headers,
  });
  return request;
}

function host(...values: readonly string[]): Head {
  return { headers: values.flatMap((value) => ["Host", value]) };
}

function post(...headers: readonly string[]): Head {
  return { method: "POST", headers: ["Host", "x", ...headers] };
}

const fine: readonly [name: string, head: Head][] = [
  ["a plain request", {}],
  ["a header name in any case", { headers: ["hOsT", "x"] }],
  ["a name with every mark that RFC 3986 allows", host("a-b.c_d~e!$&'()*+;=%2f")],
  ["a host with a port", host("example.com:8080")],
  ["a host with an empty port", host("example.com:")],
  ["the largest port", host("example.com:65535")],
  ["an IPv4 address", host("127.0.0.1:3000")],
  ["an IPv6 address", host("[::1]")],
  ["an IPv6 address with a port", host("[2001:db8::1]:3000")],
  ["1.0 without Host", { version: "1.0", headers: [] }],
  [
    "headers whose names are as long as the guarded ones",
    { headers: ["Host", "x", "Hand", "", "Content-Lines", "", "Content-Langua", ""] },
  ],
  ["a body length", post("Content-Length", "5")],
  ["an empty body", post("Content-Length", "0")],
  ["a petabyte less one byte", post("Content-Length", "999999999999999")],
  ["a chunked body", post("Transfer-Encoding", "chunked")],
  ["a chunked body in capitals", post("TRANSFER-ENCODING", "Chunked")],
  ["a query with every legal mark", { target: "/a?b=[c]&d=%20'\"<>{}|^`\\" }],
  ["an absolute target that names the host", { target: "http://x/a" }],
  ["an absolute target in another case", { target: "HTTP://X/a" }],
  ["an absolute target with the default port", { target: "http://x:80/a" }],
  ["a Host with the default port of the target", { target: "https://x/a", ...host("x:443") }],
  ["an absolute target without a path", { target: "http://x?a=1" }],
  ["an absolute target on 1.0 without Host", { target: "http://x/", version: "1.0", headers: [] }],
  ["HTTP/1.2, which is served as 1.1", { version: "1.2" }],
  ["a chunked body on HTTP/1.2", { version: "1.2", ...post("Transfer-Encoding", "chunked") }],
  ["the same Content-Type twice", post("Content-Type", "a/b", "content-type", "a/b")],
  ["OPTIONS *", { method: "OPTIONS", target: "*" }],
];

const refused: readonly [name: string, status: number, head: Head][] = [
  ["two Content-Type lines that differ", 400, post("Content-Type", "a/b", "Content-Type", "a/c")],
  [
    "two Content-Type lines that differ in their parameters",
    400,
    post("Content-Type", "a/b", "CONTENT-TYPE", "a/b; c=d"),
  ],
  [
    "three Content-Type lines, the last of which differs",
    400,
    post("Content-Type", "a", "Content-Type", "a", "Content-Type", "b"),
  ],
  ["a coding before chunked", 501, post("Transfer-Encoding", "gzip, chunked")],
  ["a coding with a parameter before chunked", 501, post("Transfer-Encoding", "x-a;b=c ,Chunked")],
  ["chunked twice", 400, post("Transfer-Encoding", "chunked, chunked")],
  ["a coding between two that are chunked", 400, post("Transfer-Encoding", "chunked, gzip, chunked")],
  ["a coding after chunked", 400, post("Transfer-Encoding", "chunked, gzip")],
  ["an empty coding before chunked", 400, post("Transfer-Encoding", ", chunked")],
  ["no coding before chunked that is a token", 400, post("Transfer-Encoding", "g@, chunked")],
  [
    "a coding before chunked, and a length",
    400,
    post("Transfer-Encoding", "gzip, chunked", "Content-Length", "5"),
  ],
  ["a coding before chunked on 1.0", 400, { version: "1.0", ...post("Transfer-Encoding", "gzip, chunked") }],
  ["1.1 without Host", 400, { headers: [] }],
  ["two equal Host lines", 400, host("x", "x")],
  ["two Host lines that differ in case", 400, { headers: ["Host", "x", "HOST", "y"] }],
  ["two Host lines on 1.0", 400, { version: "1.0", ...host("x", "y") }],
  ["an empty Host", 400, host("")],
  ["a Host on 1.0 that is empty", 400, { version: "1.0", ...host("") }],
  ["a Host with a slash", 400, host("a/b")],
  ["a Host with a user", 400, host("user@h")],
  ["a Host that is a list", 400, host("a, b")],
  ["a Host that is a list without a space", 400, host("a,b")],
  ["a Host with a space", 400, host("bad host")],
  ["a Host with a backslash", 400, host("a\\b")],
  ["a Host with a query", 400, host("a?b")],
  ["a Host with a byte that is not ASCII", 400, host("caf\xe9")],
  ["a Host with a control byte", 400, host("a\x01")],
  ["a Host with a lone %", 400, host("a%")],
  ["a Host with a malformed percent-code", 400, host("a%2g")],
  ["a port without a host", 400, host(":80")],
  ["a port that is a word", 400, host("x:http")],
  ["a port with a sign", 400, host("x:+80")],
  ["two ports", 400, host("x:80:80")],
  ["a port above 65535", 400, host("x:65536")],
  ["a port with too many digits", 400, host("x:000080")],
  ["an IPv6 address without brackets", 400, host("::1")],
  ["brackets around something else", 400, host("[x]")],
  ["an open bracket", 400, host("[::1")],
  ["text after the bracket", 400, host("[::1]x")],
  ["an IPv6 address with a zone", 400, host("[fe80::1%25eth0]")],
  ["HTTP/0.9", 400, { version: "0.9" }],
  ["HTTP/2.0", 505, { version: "2.0" }],
  ["HTTP/1.2 without Host", 400, { version: "1.2", headers: [] }],
  ["a chunked body on 1.0", 400, { version: "1.0", ...post("Transfer-Encoding", "chunked") }],
  ["an empty Transfer-Encoding", 400, post("Transfer-Encoding", "")],
  ["two Transfer-Encoding lines", 400, post("Transfer-Encoding", "chunked", "transfer-encoding", "chunked")],
  ["chunked and gzip", 400, post("Transfer-Encoding", "chunked, gzip")],
  ["identity", 400, post("Transfer-Encoding", "identity")],
  ["chunked with a parameter", 400, post("Transfer-Encoding", "chunked;a=b")],
  ["chunked with a no-break space", 400, post("Transfer-Encoding", "chunked\xa0")],
  ["chunked with a vertical tab", 400, post("Transfer-Encoding", "\x0bchunked")],
  [
    "both Transfer-Encoding and Content-Length",
    400,
    post("Transfer-Encoding", "chunked", "Content-Length", "5"),
  ],
  ["two lengths", 400, post("Content-Length", "5", "Content-Length", "6")],
  ["the same length twice", 400, post("Content-Length", "5", "content-length", "5")],
  ["a length with a sign", 400, post("Content-Length", "+5")],
  ["a negative length", 400, post("Content-Length", "-1")],
  ["a length with leading zeros", 400, post("Content-Length", "005")],
  ["a hexadecimal length", 400, post("Content-Length", "0x5")],
  ["a length with an underscore", 400, post("Content-Length", "5_0")],
  ["a list of lengths", 400, post("Content-Length", "5, 5")],
  ["an empty length", 400, post("Content-Length", "")],
  ["a length above the greatest safe integer", 400, post("Content-Length", "9007199254740993")],
  ["an absolute target that contradicts Host", 400, { target: "http://other/" }],
  ["an absolute target with another port", 400, { target: "http://x:81/" }],
  ["an absolute target with a user", 400, { target: "http://user@x/" }],
  ["an absolute target without a host", 400, { target: "http:///a" }],
  ["an absolute target of another scheme", 400, { target: "ftp://x/" }],
  ["* with another method than OPTIONS", 400, { target: "*" }],
  ["a target that is only a word", 400, { target: "word" }],
  ["a target that is an authority", 400, { target: "x:443" }],
  ["an empty target", 400, { target: "" }],
  ["a fragment", 400, { target: "/a#b" }],
  ["a control byte in the target", 400, { target: "/a\x01b" }],
  ["a space in the target", 400, { target: "/a b" }],
  ["DEL in the target", 400, { target: "/a\x7f" }],
];

describe("validateHead", () => {
  it.each(fine)("lets through %s", (_name, head) => {
    expect(judge(head)).toBe(0);
  });

  it.each(refused)("refuses %s with %i", (_name, status, head) => {
    expect(judge(head)).toBe(status);
  });
});

describe("the first request of a process", () => {
  it("must have a Host, like requests after one with a known Host", async () => {
    vi.resetModules();
    const fresh = await import("../../src/message/validate-head.ts");
    const refusals = ["", "x", ""].map((value) => refusalOf(messageOf(host(value)), fresh.validateHead));
    expect(refusals).toEqual([400, 0, 400]);
  });
});

describe("a valid length", () => {
  it.each([
    ["0", HeadFlag.NO_BODY],
    ["5", HeadFlag.BODY],
    ["150", HeadFlag.BODY],
    ["999999999999999", HeadFlag.BODY],
  ])("of %s announces a body where it is not 0", (length, flag) => {
    expect(validateHead(messageOf(post("Content-Length", length)))).toBe(flag);
  });
});
