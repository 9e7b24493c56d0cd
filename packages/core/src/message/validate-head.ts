/**
 * Refuses heads that Node's parser accepts and that a proxy in front of the server may read in another way. Request
 * smuggling and cache poisoning need such heads. Each head is checked before any gate runs.
 */
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { isHeaderName } from "../http/headers.ts";
import { splitAbsoluteForm } from "../http/path.ts";

/** The results of {@link validateHead}. A result of `REFUSED` (400) or above is the status of a refusal. */
export const HeadFlag: {
  /** The request has no body. */
  readonly NO_BODY: 0;
  /** The head announces a body. */
  readonly BODY: 1;
  /** The head has an Expect header, and may announce a body. */
  readonly EXPECT: 2;
  /** The lowest status of a refusal. */
  readonly REFUSED: 400;
} = Object.freeze({ NO_BODY: 0, BODY: 1, EXPECT: 2, REFUSED: 400 });

/**
 * Validates the head of a request.
 *
 * @returns A {@link HeadFlag} if the head is valid, else the status of the refusal. The caller has to close the
 *   connection after a refusal, because the start of the next request is uncertain.
 */
export function validateHead(request: IncomingMessage): number {
  const version = versionRefusal(request);
  if (version !== 0) return version;
  // One pass over the raw lines: Node drops or joins repeated ones in `request.headers`.
  let host: string | null = null;
  let length: string | null = null;
  let coding: string | null = null;
  let type: string | null = null;
  let expects = false;
  const { rawHeaders } = request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    if (isHeaderName(name, "host")) {
      if (host !== null) return 400; // RFC 9112 section 3.2
      host = value;
    } else if (isHeaderName(name, "content-length")) {
      if (length !== null) return 400;
      length = value;
    } else if (isHeaderName(name, "transfer-encoding")) {
      if (coding !== null) return 400;
      coding = value;
    } else if (isHeaderName(name, "content-type")) {
      // RFC 9110 sections 5.3 and 8.3: a proxy may take either one. Node takes the first.
      if (type !== null && type !== value) return 400;
      type = value;
    } else if (isHeaderName(name, "expect")) {
      expects = true;
    }
  }
  if (host === null ? request.httpVersionMinor !== 0 : !isHost(host)) return 400;
  const size = length === null ? 0 : sizeOf(length);
  if (size === -1) return 400;
  const refused = coding === null ? 0 : codingRefusal(coding, length, request.httpVersionMinor);
  if (refused !== 0) return refused;
  if (!isTarget(request.url ?? "", request.method, host)) return 400;
  if (expects) return HeadFlag.EXPECT;
  return coding !== null || size > 0 ? HeadFlag.BODY : HeadFlag.NO_BODY;
}

/** The status that refuses an HTTP version, else 0. Node's parser takes `GET /` for version 0.9, and accepts 2.0. */
function versionRefusal(request: IncomingMessage): number {
  // RFC 9110 section 2.5: a higher minor version is understood as the highest that the recipient knows.
  if (request.httpVersionMajor === 1) return 0;
  return request.httpVersionMajor === 0 ? 400 : 505;
}

/**
 * The status that refuses a transfer coding, or 0. RFC 9112 section 6.1: Transfer-Encoding needs HTTP/1.1, and excludes
 * Content-Length. Packetron supports `chunked`. Another coding before it is 501, because the end of the body is known.
 * A body whose last coding is not `chunked` has no known end, which is 400 (section 6.3).
 */
function codingRefusal(coding: string, length: string | null, minorVersion: number): number {
  if (length !== null || minorVersion === 0) return 400;
  const codings = coding.toLowerCase();
  if (codings === "chunked") return 0;
  const [last, ...others] = codings
    .split(",")
    .map((member) => member.trim())
    .reverse();
  const known = others.length > 0 && others.every((other) => CODING.test(other) && other !== "chunked");
  return last === "chunked" && known ? 501 : 400;
}

/** A token, then parameters (RFC 9112 section 7). */
const CODING = /^[!#$%&'*+.^_`|~0-9a-z-]+(?:[\t ]*;.*)?$/;

/**
 * The value of a Content-Length; -1 unless it has the only form that all servers read alike: digits without a sign or
 * leading zeros. At most 15 digits (a petabyte), so that a number holds the value exactly.
 */
function sizeOf(length: string): number {
  if (length.length === 0 || length.length > 15) return -1;
  if (length.charCodeAt(0) === 48 /* 0 */) return length.length === 1 ? 0 : -1;
  let size = 0;
  for (let index = 0; index < length.length; index++) {
    const digit = length.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return -1;
    size = size * 10 + digit;
  }
  return size;
}

/** RFC 9112 section 3.2: the target is a path, an absolute URL that matches Host, or `*` for OPTIONS. No fragment. */
function isTarget(target: string, method: string | undefined, host: string | null): boolean {
  for (let index = 0; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code <= 32 || code === 127 || code === 35 /* # */) return false;
  }
  if (target.charCodeAt(0) === 47 /* / */) return true;
  if (target === "*") return method === "OPTIONS";
  const absolute = splitAbsoluteForm(target);
  if (absolute === null || !isAuthority(absolute.authority)) return false;
  return host === null || withoutDefaultPort(absolute.authority, target) === withoutDefaultPort(host, target);
}

function withoutDefaultPort(authority: string, target: string): string {
  const port = /^https:/i.test(target) ? ":443" : ":80";
  const plain = authority.toLowerCase();
  if (plain.endsWith(port)) return plain.slice(0, -port.length);
  return plain.endsWith(":") ? plain.slice(0, -1) : plain;
}

/** 1 for each ASCII character that a registered name may have, RFC 3986 section 3.2.2. */
const REG_NAME: Uint8Array = new Uint8Array(128);
// A comma is legal in a name, but core refuses it: a proxy that joins two Host lines puts a comma between the values.
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+;=") {
  REG_NAME[character.charCodeAt(0)] = 1;
}

/**
 * The last valid Host, which needs no second check. A server has few names, and checking each character took 2 % of the
 * CPU time of a POST.
 */
let knownHost: string | null = null;

function isHost(host: string): boolean {
  if (host === knownHost) return true;
  if (!isAuthority(host)) return false;
  knownHost = host;
  return true;
}

/**
 * Whether a text is `host [":" port]`. The host is a name that is not empty, an IPv4 address, or an IPv6 address in
 * brackets.
 */
export function isAuthority(text: string): boolean {
  if (text.charCodeAt(0) === 91 /* [ */) return isBracketed(text);
  let end = 0;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 58 /* : */) break;
    if (code === 37 /* % */) {
      if (!/^%[0-9a-f]{2}/i.test(text.slice(end, end + 3))) return false;
    } else if (REG_NAME[code] !== 1) {
      return false;
    }
  }
  return end > 0 && isPort(text, end);
}

function isBracketed(text: string): boolean {
  const close = text.indexOf("]");
  const address = text.slice(1, close);
  return close > 0 && isIPv6(address) && !address.includes("%") && isPort(text, close + 1);
}

/** Whether the text ends at `start`, or has a colon and a port there. The port may be empty, RFC 3986 section 3.2.3. */
function isPort(text: string, start: number): boolean {
  if (start === text.length) return true;
  if (text.charCodeAt(start) !== 58 || text.length > start + 6) return false;
  let port = 0;
  for (let index = start + 1; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= 65_535;
}
