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

function eachPair(url: string, visit: (name: string, value: string) => void): void {
  const question = url.indexOf("?");
  if (question === -1) return;
  let start = question + 1;
  while (start < url.length) {
    const ampersand = url.indexOf("&", start);
    const end = ampersand === -1 ? url.length : ampersand;
    if (end > start) visitPair(url.slice(start, end), visit);
    start = end + 1;
  }
}

function visitPair(pair: string, visit: (name: string, value: string) => void): void {
  const equals = pair.indexOf("=");
  if (equals === -1) visit(decode(pair), "");
  else visit(decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)));
}

function decode(text: string): string {
  return decodePercent(text.includes("+") ? text.replaceAll("+", " ") : text);
}
