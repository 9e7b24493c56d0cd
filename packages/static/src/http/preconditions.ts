/** Evaluates the preconditions of conditional requests, in the order of RFC 9110 section 13.2.2. */
import type { IncomingHttpHeaders } from "node:http";
import { parseHttpDate } from "./http-date.ts";

/** The validators of a representation. */
export interface Validators {
  /** The value of ETag; `null` for a representation without one. */
  readonly etag: string | null;
  /** Last-Modified in milliseconds, a multiple of 1,000; `null` for a representation without one. */
  readonly lastModified: number | null;
}

/** The next entity tag of a list (RFC 9110 section 8.8.3), which may have empty elements. */
const NEXT_TAG = /[\t ,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?=,|$)/y;

/**
 * Evaluates the preconditions of a GET or HEAD. Returns 412 when one fails, 304 when the client has the representation
 * already, and 200 when it must be sent. A malformed date or tag matches nothing.
 */
export function checkPreconditions(headers: IncomingHttpHeaders, validators: Validators): 200 | 304 | 412 {
  const { etag, lastModified } = validators;
  const ifMatch = headers["if-match"];
  const ifNoneMatch = headers["if-none-match"];
  // Steps 1 and 2
  if (ifMatch !== undefined) {
    if (!matchesStrongly(ifMatch, etag)) return 412;
  } else {
    const since = dateOf(headers["if-unmodified-since"]);
    if (since !== null && lastModified !== null && lastModified > since) return 412;
  }
  // Steps 3 and 4
  if (ifNoneMatch !== undefined) return matchesWeakly(ifNoneMatch, etag) ? 304 : 200;
  const since = dateOf(headers["if-modified-since"]);
  return since !== null && lastModified !== null && lastModified <= since ? 304 : 200;
}

/**
 * Makes step 5: whether the Range of a request applies. With If-Range, it applies only when the client has a part of
 * exactly these bytes, which a weak tag does not guarantee (RFC 9110 section 13.1.5).
 *
 * @param now The time of the answer in milliseconds. A date is strong only when it is at least one second earlier
 *   (section 8.8.2.2), because the file could change again within that second.
 */
export function allowsRange(headers: IncomingHttpHeaders, validators: Validators, now: number): boolean {
  const ifRange = headers["if-range"];
  if (typeof ifRange !== "string") return ifRange === undefined;
  if (/^(?:W\/)?"/.test(ifRange)) return matchesStrongly(ifRange, validators.etag, false);
  const date = parseHttpDate(ifRange);
  return date !== null && date === validators.lastModified && now - date >= 1000;
}

function matchesStrongly(list: string, etag: string | null, star = true): boolean {
  if (star && list.trim() === "*") return true; // `*` matches, because the representation exists
  return etag !== null && !etag.startsWith("W/") && tagsOf(list).includes(etag);
}

function matchesWeakly(list: string, etag: string | null): boolean {
  if (list.trim() === "*") return true;
  return etag !== null && tagsOf(list).some((tag) => opaque(tag) === opaque(etag));
}

function opaque(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}

/** Returns the tags of a list before the first malformed one. */
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
