/**
 * What Node's parser lets through although a proxy in front may read it in another way: the raw material of request
 * smuggling and cache poisoning. Everything that the parser shows is judged here, once, before anything else runs.
 */
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { isHeaderName } from "../http/headers.ts";
import { splitAbsoluteForm } from "../http/path.ts";

/** What a head that is fine says about its message. */
export const HeadFlag: {
  /** Nothing comes behind the head. */
  readonly NO_BODY: 0;
  /** A body is announced. */
  readonly BODY: 1;
  /** The client has an expectation, and maybe a body. */
  readonly EXPECT: 2;
  /** The lowest status to refuse with. */
  readonly REFUSED: 400;
} = Object.freeze({ NO_BODY: 0, BODY: 1, EXPECT: 2, REFUSED: 400 });

/**
 * Judges the head of a request.
 *
 * @returns A {@link HeadFlag} when it is fine, else the status to refuse it with; the connection must be closed then,
 *   because nobody knows where the next request begins.
 */
export function validateHead(request: IncomingMessage): number {
  const version = versionRefusal(request);
  if (version !== 0) return version;
  // One pass over the raw lines: `request.headers` has dropped and merged the repeated ones.
  let host: string | null = null;
  let length: string | null = null;
  let coding: string | null = null;
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
    } else if (isHeaderName(name, "expect")) {
      expects = true;
    }
  }
  if (host === null ? request.httpVersionMinor === 1 : !isHost(host)) return 400;
  const size = length === null ? 0 : sizeOf(length);
  if (size === -1 || (coding !== null && !isChunked(coding, length, request.httpVersionMinor))) return 400;
  if (!isTarget(request.url ?? "", request.method, host)) return 400;
  if (expects) return HeadFlag.EXPECT;
  return coding !== null || size > 0 ? HeadFlag.BODY : HeadFlag.NO_BODY;
}

/** The parser takes `GET /` without a version for 0.9, and knows of 2.0. */
function versionRefusal(request: IncomingMessage): number {
  if (request.httpVersionMajor === 1 && (request.httpVersionMinor === 1 || request.httpVersionMinor === 0))
    return 0;
  return request.httpVersionMajor === 0 ? 400 : 505;
}

/** RFC 9112 section 6.1: `Transfer-Encoding` is for 1.1 and excludes a length, and Packetron knows `chunked`. */
function isChunked(coding: string, length: string | null, minorVersion: number): boolean {
  return length === null && minorVersion === 1 && coding.toLowerCase() === "chunked";
}

/**
 * The number of a `Content-Length`, -1 where it is not in its one spelling: digits without a sign or leading zeros, and
 * up to a petabyte, so that a number holds it.
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

/** RFC 9112 section 3.2: a path, an absolute URL that agrees with Host, or `*` for OPTIONS; no fragment. */
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

/** One entry for each ASCII character: whether a registered name may have it, RFC 3986 section 3.2.2. */
const REG_NAME: Uint8Array = new Uint8Array(128);
// The comma is legal there and left out: it is what two Host lines look like once somebody has joined them.
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+;=") {
  REG_NAME[character.charCodeAt(0)] = 1;
}

/** The last value that was fine: a server has few names, and the look at each character was 2 % of the profile of a POST. */
let knownHost: string | null = null;

function isHost(host: string): boolean {
  if (host === knownHost) return true;
  if (!isAuthority(host)) return false;
  knownHost = host;
  return true;
}

/** Whether a text is `host [":" port]` with a host that is not empty: a name, an IPv4 address or an IPv6 one in brackets. */
function isAuthority(text: string): boolean {
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

/** From `start` on there is nothing, or a colon and a port number (which may be empty, RFC 3986 section 3.2.3). */
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
