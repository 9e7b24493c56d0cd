/** Parses forms of the type application/x-www-form-urlencoded. */
import type { MultipartLimits } from "../options.ts";
import { cutBytes, cutName } from "./field.ts";
import type { LimitWatch } from "./limit-watch.ts";
import { NamedValueCollector, type NamedValues } from "./named-values.ts";

/** A percent sign that does not begin an escape of ASCII. decodeURIComponent can throw only for text with one. */
const NOT_ASCII_ESCAPE = /%(?![0-7][\da-f])/i;

/**
 * Escapes of well-formed UTF-8 (RFC 3629 section 4). decodeURIComponent does not throw for a match; exceptions are
 * slow, and a large form could cause millions. The bound of 100 keeps the backtracking stack small.
 */
const WELL_FORMED =
  /(?:%[0-7][\da-f]|%(?:c[2-9a-f]|d[\da-f])%[89ab][\da-f]|%(?:e0%[ab]|e[1-9a-cef]%[89ab]|ed%[89])[\da-f]%[89ab][\da-f]|%(?:f0%[9ab]|f[1-3]%[89ab]|f4%8)[\da-f](?:%[89ab][\da-f]){2}){1,100}/gi;

/**
 * Parses a form into flat values. A repeated name gets an array, and brackets have no special meaning. A malformed
 * percent sign stays as it is. Takes linear time, and stops at the first field after `maxFields` or `maxParts`.
 */
export function parseUrlencoded(text: string, limits: MultipartLimits, watch: LimitWatch): NamedValues {
  const fields = new NamedValueCollector();
  let count = 0;
  for (let start = 0; start < text.length; ) {
    const ampersand = text.indexOf("&", start);
    const end = ampersand === -1 ? text.length : ampersand;
    const pair = text.slice(start, end);
    start = end + 1;
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    if (++count > limits.maxFields || count > limits.maxParts) {
      watch.leaveOut(
        count > limits.maxFields ? "maxFields" : "maxParts",
        name.slice(0, limits.maxFieldNameSize),
      );
      break;
    }
    const value = equals === -1 ? "" : decode(pair.slice(equals + 1));
    const shortName = cutName(name, limits, watch);
    fields.add(shortName, cutValue(shortName, value, limits, watch));
  }
  return fields.toValues();
}

function cutValue(name: string, value: string, limits: MultipartLimits, watch: LimitWatch): string {
  const limit = limits.maxFieldSize;
  if (value.length * 3 <= limit || Buffer.byteLength(value) <= limit) return value;
  watch.cutField("maxFieldSize", name);
  return cutBytes(Buffer.from(value), limit);
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  return NOT_ASCII_ESCAPE.test(spaced) ? spaced.replace(WELL_FORMED, decodeRun) : decodeURIComponent(spaced);
}

function decodeRun(run: string): string {
  return decodeURIComponent(run);
}
