/** Parses query strings as HTML forms write them (WHATWG URL, application/x-www-form-urlencoded). */
import { decodePercent } from "./percent.ts";

/**
 * Parses the query of a request target, in linear time. Of duplicates the last one wins. `+` is a space. Malformed
 * percent-encoding is kept as it is. The result has no prototype, so `__proto__` is a name like any other.
 *
 * @param url A request target, `request.url`; the text before the first `?` is ignored.
 * @example
 * parseQuery("/search?q=a+b&page=2&page=3"); // { q: "a b", page: "3" }
 */
export function parseQuery(url: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  eachPair(url, (name, value) => {
    values[name] = value;
  });
  return values;
}

/**
 * Parses a query like {@link parseQuery}, but returns all values of each name, in order.
 *
 * @example
 * parseQueryAll("/search?tag=a&tag=b"); // { tag: ["a", "b"] }
 */
export function parseQueryAll(url: string): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null);
  eachPair(url, (name, value) => {
    const list = values[name];
    if (list === undefined) values[name] = [value];
    else list.push(value);
  });
  return values;
}

/**
 * Parses a query like {@link parseQuery}, but a name that occurs more than once has the list of its values.
 *
 * @example
 * parseQueryValues("/search?q=a&tag=b&tag=c"); // { q: "a", tag: ["b", "c"] }
 */
export function parseQueryValues(url: string): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = Object.create(null);
  eachPair(url, (name, value) => {
    const found = values[name];
    if (found === undefined) values[name] = value;
    else if (typeof found === "string") values[name] = [found, value];
    else found.push(value);
  });
  return values;
}

/** Calls a function with each pair. The whole query is searched for escapes once, so that ordinary ones need no decoding. */
function eachPair(url: string, visit: (name: string, value: string) => void): void {
  const question = url.indexOf("?");
  if (question === -1) return;
  const isEncoded = url.includes("%", question) || url.includes("+", question);
  let equals = question;
  for (let start = question + 1, end = start; start < url.length; start = end + 1) {
    end = indexOrEnd(url, "&", start);
    if (end === start) continue;
    // Looked for again only when a pair has used it: a query of names alone would be read once for each name.
    if (equals < start) equals = indexOrEnd(url, "=", start);
    const nameEnd = Math.min(equals, end);
    const name = url.slice(start, nameEnd);
    const value = url.slice(nameEnd + 1, end);
    if (isEncoded) visit(decode(name), decode(value));
    else visit(name, value);
  }
}

function indexOrEnd(text: string, character: string, start: number): number {
  const index = text.indexOf(character, start);
  return index === -1 ? text.length : index;
}

function decode(text: string): string {
  return decodePercent(text.includes("+") ? text.replaceAll("+", " ") : text);
}
