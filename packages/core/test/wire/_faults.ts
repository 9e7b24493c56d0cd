/** Malformed requests and their expected statuses. Each must get one response with `Connection: close`, then the end. */

/** One malformed request. */
export interface Fault {
  readonly name: string;
  readonly bytes: string | Uint8Array;
  /** The accepted statuses of the response. */
  readonly statuses: readonly number[];
}

const CLOSE = "Connection: close\r\n\r\n";
const NEXT = "GET /behind HTTP/1.1\r\nHost: x\r\n\r\n";

function get(headers: string, target = "/", version = "HTTP/1.1"): string {
  return `GET ${target} ${version}\r\n${headers}\r\n${NEXT}`;
}

function post(headers: string, body: string, version = "HTTP/1.1"): string {
  return `POST /echo ${version}\r\nHost: x\r\n${headers}\r\n${body}${NEXT}`;
}

function fault(name: string, bytes: string | Uint8Array, ...statuses: readonly number[]): Fault {
  return { name, bytes, statuses: statuses.length === 0 ? [400] : statuses };
}

/** Makes one fault for each value. */
function each(
  what: string,
  values: readonly string[],
  bytes: (value: string) => string,
  ...statuses: readonly number[]
): Fault[] {
  return values.map((value) => fault(`${what} ${JSON.stringify(value)}`, bytes(value), ...statuses));
}

function chunked(chunks: string): string {
  return post("Transfer-Encoding: chunked\r\n", chunks);
}

const hosts: readonly Fault[] = [
  fault("two equal Host lines", get("Host: x\r\nHost: x\r\n")),
  fault("two different Host lines", get("Host: x\r\nhost: y\r\n")),
  fault("no Host on 1.1", get("")),
  ...each("Host", ["", "a/b", "user@h", "a, b", "bad host", "x:port", "[::1", "a\\b"], (value) =>
    get(`Host: ${value}\r\n`),
  ),
  fault("a second Host after 3,000 headers", get(`Host: x\r\n${"a:\r\n".repeat(3000)}Host: y\r\n`)),
];

const versions: readonly Fault[] = [
  ...each(
    "version",
    ["HTTP/2.0", "HTTP/9.9", "HTTP/1.2", "HTTP/0.9"],
    (value) => get("Host: x\r\n", "/", value),
    400,
    505,
  ),
  ...each("version", ["http/1.1", "HTTP/1", "HTTP/1.1.1", "HTTP/11.1", "HTTP", "HTP/1.1"], (value) =>
    get("Host: x\r\n", "/", value),
  ),
  fault("a request of HTTP/0.9", "GET /\r\n\r\n", 400),
  fault("lines that end with LF alone", "GET / HTTP/1.1\nHost: x\n\n"),
  fault("a chunked body on 1.0", post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "HTTP/1.0")),
];

const codings: readonly string[] = [
  "",
  "chunked, gzip",
  "gzip, chunked",
  "chunked, chunked",
  "xchunked",
  "identity",
  '"chunked"',
  "chunked;a=b",
  "chunked,",
  "chunked\0",
  "\x0bchunked",
  "chunked\xa0",
  "\r\n chunked",
];

const framing: readonly Fault[] = [
  ...each(
    "Transfer-Encoding",
    codings,
    (value) => post(`Transfer-Encoding: ${value}\r\n`, "0\r\n\r\n"),
    400,
    501,
  ),
  fault(
    "Transfer-Encoding twice",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
  ),
  fault(
    "Transfer-Encoding with a space before the colon",
    post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
  ),
  fault(
    "Content-Length, then Transfer-Encoding",
    post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
  ),
  fault(
    "Transfer-Encoding, then Content-Length",
    post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
  ),
  fault("two different lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")),
  fault("the same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")),
  ...each(
    "Content-Length",
    ["", "+5", "-1", "0x5", "5_0", "5,6", "5 5", "005", "1e1", "9007199254740993", "99999999999999999999"],
    (value) => post(`Content-Length: ${value}\r\n`, "hello"),
  ),
  fault(
    "two Content-Type lines that differ",
    post("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 5\r\n", "hello"),
  ),
  fault("an unknown coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501),
  ...each(
    "trailer",
    [
      "Host: y",
      "host: x",
      "Authorization: Basic eA==",
      "Content-Type: a/b",
      "CONTENT-TYPE: a/b",
      "Content-Length: 5",
      "Transfer-Encoding: chunked",
      "X-Fine: a\r\nHost: y",
      "Cookie: a=b",
    ],
    (line) => chunked(`5\r\nhello\r\n0\r\n${line}\r\n\r\n`),
  ),
  fault("a trailer without a body", chunked("0\r\nHost: y\r\n\r\n")),
  ...each(
    "chunk size",
    ["", "+5", "-5", "0x5", "5_0", " 5", "5 ", "5 ;", "g", "11111111111111111"],
    (value) => chunked(`${value}\r\nhello\r\n0\r\n\r\n`),
  ),
  fault("a chunk size that ends with LF", chunked("5\nhello\r\n0\r\n\r\n")),
  fault("a chunk that ends with LF", chunked("5\r\nhello\n0\r\n\r\n")),
  fault("a chunk without its CRLF", chunked("5\r\nhello0\r\n\r\n")),
  fault("a chunk that is longer than its size", chunked("5\r\nhello!\r\n0\r\n\r\n")),
  fault("64 KB of chunk extensions", chunked(`5;${"a".repeat(65_536)}\r\nhello\r\n0\r\n\r\n`), 400, 413),
  fault(
    "64 KB of chunk extensions with a quoted value",
    chunked(`5;a="${"a".repeat(65_536)}"\r\nhello\r\n0\r\n\r\n`),
    400,
    413,
  ),
  fault(
    "64 KB of chunk extensions at the last chunk",
    chunked(`5\r\nhello\r\n0;${"a".repeat(65_536)}\r\n\r\n`),
    400,
    413,
  ),
  fault(
    "a bad chunk after a head without Host",
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
  ),
];

const fieldLines: readonly string[] = [
  "X: a\0b",
  "X: a\rb",
  "X: a\nb",
  "X: a\x07b",
  "X: a\x7fb",
  "X\xe9: a",
  "NoColon",
  ": a",
  "X : a",
  "X\t: a",
  "X: a\r\n b",
  "X: a\r\n\tb",
];

const heads: readonly Fault[] = [
  ...each("header line", fieldLines, (line) => get(`Host: x\r\n${line}\r\n`)),
  fault("a line of white space before the headers", "GET / HTTP/1.1\r\n \r\nHost: x\r\n\r\n"),
  fault("a first header that is folded", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
  fault("a target of 100 KB", get("Host: x\r\n", `/${"a".repeat(100_000)}`), 414, 431),
  fault("a header of 100 KB", get(`Host: x\r\nX: ${"a".repeat(100_000)}\r\n`), 431),
  fault("a method of 100 KB", `${"A".repeat(100_000)} / HTTP/1.1\r\nHost: x\r\n\r\n`, 400, 431),
  fault("10,000 headers", get(`Host: x\r\n${"a: b\r\n".repeat(10_000)}`), 431),
  fault("a cookie of 64 KB", get(`Host: x\r\nCookie: ${"a".repeat(65_536)}\r\n`), 431),
];

const targets: readonly Fault[] = [
  fault("GET *", get("Host: x\r\n", "*")),
  fault("an absolute target that contradicts Host", get("Host: x\r\n", "http://other/")),
  fault("a fragment", get("Host: x\r\n", "/a#b")),
  ...each("target", ["/a\x01b", "/a\x7f", "/a\tb", "/a b", "word", "/caf\xe9"], (value) =>
    get("Host: x\r\n", value),
  ),
  fault("CONNECT", `CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n${NEXT}`, 405, 501),
  fault("an unknown method", `ABC / HTTP/1.1\r\nHost: x\r\n${CLOSE}`, 501),
  fault("a method in lower case", `get / HTTP/1.1\r\nHost: x\r\n${CLOSE}`, 501),
  fault("a method that is not a token", `G@T / HTTP/1.1\r\nHost: x\r\n${CLOSE}`, 400),
  ...each(
    "expectation",
    ["nonsense", "", "x-100-continue", "100-continue-x", "nonsense, 100-continue", "100-continue, nonsense"],
    (value) => post(`Expect: ${value}\r\nContent-Length: 5\r\n`, "hello"),
    417,
  ),
];

const protocols: readonly Fault[] = [
  fault("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", 400, 505),
  fault("a TLS ClientHello", Buffer.from("16030100a5010000a10303b4c9a2", "hex")),
  fault("random bytes", Buffer.from("9f03c51e77ab00ff41424344d2", "hex")),
  fault("nothing but NUL", "\0\0\0\0\0\0\0\0"),
];

/** All malformed requests. */
export const faults: readonly Fault[] = [
  ...hosts,
  ...versions,
  ...framing,
  ...heads,
  ...targets,
  ...protocols,
];
