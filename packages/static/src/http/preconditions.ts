/** Evaluates the preconditions of conditional requests, in the order of RFC 9110 section 13.2.2. */
import type { IncomingHttpHeaders } from "node:http";
import { parseHttpDate } from "./http-date.ts";

/** The values by which a client can check whether its copy of a file is current. */
export interface Validators {
  /** The value of ETag; `null` if the answer has no ETag. */
  readonly etag: string | null;
  /** Last-Modified in milliseconds since 1970, a multiple of 1,000; `null` if the answer has no Last-Modified. */
  readonly lastModified: number | null;
}

/** Matches the next tag of a list of ETags (RFC 9110 section 8.8.3). Empty elements before the tag are skipped. */
const NEXT_TAG = /[\t ,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?=,|$)/y;

/**
 * Evaluates the preconditions of a GET or HEAD. Returns 412 when a precondition fails, 304 when the client already has
 * the current bytes, and 200 when the file must be sent. A malformed date is ignored, and a malformed tag matches no
 * file.
 */
export function checkPreconditions(headers: IncomingHttpHeaders, validators: Validators): 200 | 304 | 412 {
  const { etag, lastModified } = validators;
  const ifMatch = headers["if-match"];
  const ifNoneMatch = headers["if-none-match"];
  // Steps 1 and 2 of RFC 9110 section 13.2.2: If-Match, otherwise If-Unmodified-Since
  if (ifMatch !== undefined) {
    if (!matchesStrongly(ifMatch, etag)) return 412;
  } else {
    const since = dateOf(headers["if-unmodified-since"]);
    if (since !== null && lastModified !== null && lastModified > since) return 412;
  }
  // Steps 3 and 4 of RFC 9110 section 13.2.2: If-None-Match, otherwise If-Modified-Since
  if (ifNoneMatch !== undefined) return matchesWeakly(ifNoneMatch, etag) ? 304 : 200;
  const since = dateOf(headers["if-modified-since"]);
  return since !== null && lastModified !== null && lastModified <= since ? 304 : 200;
}

/**
 * Whether the Range of a request applies (step 5 of RFC 9110 section 13.2.2). With If-Range, Range applies only if the
 * client's part comes from exactly the current bytes. A weak ETag does not guarantee that (section 13.1.5).
 *
 * @param now The time of the answer in milliseconds. A date in If-Range counts only if it is at least one second before
 *   `now` (section 8.8.2.2), because the file could change twice within one second.
 */
export function allowsRange(headers: IncomingHttpHeaders, validators: Validators, now: number): boolean {
  const ifRange = headers["if-range"];
  if (typeof ifRange !== "string") return ifRange === undefined;
  if (/^(?:W\/)?"/.test(ifRange)) return matchesStrongly(ifRange, validators.etag, false);
  const date = parseHttpDate(ifRange);
  return date !== null && date === validators.lastModified && now - date >= 1000;
}

function matchesStrongly(list: string, etag: string | null, star = true): boolean {
  if (star && list.trim() === "*") return true; // `*` matches every file that exists
  return etag !== null && !etag.startsWith("W/") && tagsOf(list).includes(etag);
}

function matchesWeakly(list: string, etag: string | null): boolean {
  if (list.trim() === "*") return true;
  return etag !== null && tagsOf(list).some((tag) => opaque(tag) === opaque(etag));
}

function opaque(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}

/** Returns the ETags of a list, up to the first malformed tag. */
function tagsOf(list: string): string[] {
  const tags: string[] = [];
  NEXT_TAG.lastIndex = 0;
  for (let match = NEXT_TAG.exec(list); match !== null; match = NEXT_TAG.exec(list))
    tags.push(match[1] ?? "");
  return tags;
}

function dateOf(field: string | undefined): number | null {
  return field === undefined ? null : parseHttpDate(field);
}
