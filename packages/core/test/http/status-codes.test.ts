import { STATUS_CODES } from "node:http";
import { expect, test } from "vitest";
import { HttpResponseCode } from "../../src/http/status-codes.ts";

const entries = Object.entries(HttpResponseCode);

/** Codes that IANA lists and Node does not know. `NOT_REGISTERED` has the opposite. */
const NOT_IN_NODE = [104, 306];
const NOT_REGISTERED = [509];

test("every code that Node knows and IANA lists has a name", () => {
  const ours = new Set<number>(Object.values(HttpResponseCode));
  const missing = Object.keys(STATUS_CODES)
    .map(Number)
    .filter((code) => !ours.has(code));
  expect(missing).toEqual(NOT_REGISTERED);
});

test.each(entries.filter(([, code]) => !NOT_IN_NODE.includes(code)))(
  "%s is Node's phrase for %i",
  (name, code) => {
    const older: Record<string, string> = {
      CONTENT_TOO_LARGE: "PAYLOAD_TOO_LARGE",
      UNPROCESSABLE_CONTENT: "UNPROCESSABLE_ENTITY",
    };
    const newer = Object.fromEntries(Object.entries(older).map(([content, entity]) => [entity, content]));
    const phrase = (STATUS_CODES[code] ?? "")
      .replace(/['’]/g, "")
      .replace(/[^A-Za-z]+/g, "_")
      .toUpperCase();
    expect([name, older[name], newer[name]]).toContain(phrase);
  },
);

test("the codes of the registry are complete, except for unassigned ones", () => {
  const codes = [...new Set<number>(Object.values(HttpResponseCode))];
  const ranges = [
    [100, 104],
    [200, 208],
    [226, 226],
    [300, 308],
    [400, 418],
    [421, 426],
    [428, 429],
    [431, 431],
    [451, 451],
    [500, 508],
    [510, 511],
  ];
  expect(codes).toEqual(
    ranges.flatMap(([from = 0, to = 0]) => Array.from({ length: to - from + 1 }, (_, index) => from + index)),
  );
});

test("names of the original have their values, and the object is frozen", () => {
  expect(HttpResponseCode).toMatchObject({
    OK: 200,
    PAYLOAD_TOO_LARGE: 413,
    TOO_MANY_REQUESTS: 429,
    INTERNAL_SERVER_ERROR: 500,
  });
  expect(Object.isFrozen(HttpResponseCode)).toBe(true);
});
