/** Reads from an Accept field whether the client takes a problem document. */

/** The media ranges that include `application/problem+json`, or say that the client reads JSON, vaguest first. */
const RANGES: readonly string[] = ["*/*", "application/*", "application/json", "application/problem+json"];

/** A weight of 0, which excludes what the range before it names: RFC 9110 section 12.4.2. */
const ZERO_WEIGHT = /;\s*q\s*=\s*0(?:\.0{0,3})?\s*(?:;|$)/i;

/** The last field that was read. A client sends the same one with each request, and reading it takes a microsecond. */
let known = "*/*";
let isKnownAccepted = true;

/** Whether a client takes a problem document (RFC 9457), by its Accept field. Without the field it takes any type. */
export function acceptsProblem(accept: string | undefined): boolean {
  if (accept === undefined) return true;
  if (accept !== known) {
    isKnownAccepted = readAccept(accept);
    known = accept;
  }
  return isKnownAccepted;
}

/** The most specific range decides: RFC 9110 section 12.5.1. */
function readAccept(accept: string): boolean {
  if (accept.trim() === "") return true;
  let closest = -1;
  let isAccepted = false;
  for (const range of accept.split(",")) {
    const semicolon = range.indexOf(";");
    const name = semicolon === -1 ? range : range.slice(0, semicolon);
    const closeness = RANGES.indexOf(name.trim().toLowerCase());
    if (closeness <= closest) continue;
    closest = closeness;
    isAccepted = !ZERO_WEIGHT.test(range);
  }
  return isAccepted;
}
