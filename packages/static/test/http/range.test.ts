import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ByteRange, parseRange } from "../../src/http/range.ts";

/** Ranges as text, for tables: `"0-4 8-9"`. */
function show(ranges: readonly ByteRange[] | null): string | null {
  return ranges === null ? null : ranges.map(({ start, end }) => `${start}-${end}`).join(" ");
}

describe("parseRange of a file of ten bytes", () => {
  test.each<readonly [field: string, ranges: string | null]>([
    ["bytes=0-0", "0-0"],
    ["bytes=0-4", "0-4"],
    ["bytes=5-", "5-9"],
    ["bytes=0-", "0-9"],
    ["bytes=-5", "5-9"],
    ["bytes=-10", "0-9"],
    ["bytes=-11", "0-9"],
    ["bytes=9-9", "9-9"],
    ["bytes=9-99999999999999999999999999", "9-9"],
    [`bytes=0-${"9".repeat(400)}`, "0-9"],
    [`bytes=-${"9".repeat(400)}`, "0-9"],
    ["Bytes=0-0", "0-0"],
    ["bytes= 0-1 ,\t3-4 ", "0-1 3-4"],
    ["bytes=0-1,,3-4,", "0-1 3-4"],
    ["bytes=8-9,0-1", "8-9 0-1"],
    ["bytes=0-1,2-3", "0-3"],
    ["bytes=0-5,3-7", "0-7"],
    ["bytes=3-7,0-5,9-", "0-7 9-9"],
    ["bytes=0-1,8-9,1-8", "0-9"],
    ["bytes=0-0,0-0,0-0", "0-0"],
    ["bytes=0-1,10-12", "0-1"],
    ["bytes=0-,-1", "0-9"],
    ["bytes=10-", ""],
    ["bytes=10-12", ""],
    ["bytes=-0", ""],
    [`bytes=${"9".repeat(400)}-`, ""],
    ["bytes=10-,20-", ""],
    ["bytes=9-3", null],
    ["bytes=0-1,9-3", null],
    ["bytes=", null],
    ["bytes=,", null],
    ["bytes=-", null],
    ["bytes=--1", null],
    ["bytes=abc", null],
    ["bytes=0", null],
    ["bytes=0-1-2", null],
    ["bytes=+0-1", null],
    ["bytes=0x0-0x1", null],
    ["bytes=0 - 1", null],
    ["bytes=1.5-2", null],
    ["bytes:0-1", null],
    ["items=0-5", null],
    ["0-5", null],
    ["", null],
    ["bytes=0-0;1-1", null],
    [`bytes=${Array.from({ length: 17 }, () => "0-0").join()}`, null],
    [`bytes=${"0-0,2-2,".repeat(1000)}`, null],
  ])("%.60s", (field, ranges) => expect(show(parseRange(field, 10))).toBe(ranges));

  test("an empty file has no ranges", () => {
    for (const field of ["bytes=0-0", "bytes=-1", "bytes=0-"]) expect(parseRange(field, 0)).toBeNull();
  });
});

describe("any Range", () => {
  const number = fc.oneof(fc.nat({ max: 30 }), fc.bigInt({ min: 0n, max: 10n ** 30n }));
  const spec = fc.oneof(
    fc.tuple(number, number).map(([first, last]) => `${first}-${last}`),
    number.map((first) => `${first}-`),
    number.map((suffix) => `-${suffix}`),
    fc.string({ maxLength: 5 }),
  );
  const field = fc.array(spec, { maxLength: 20 }).map((specs) => `bytes=${specs.join(",")}`);

  test("gives disjoint ranges that do not touch, and exactly the requested bytes", () => {
    fc.assert(
      fc.property(field, fc.nat({ max: 25 }), (text, size) => {
        const ranges = parseRange(text, size);
        if (ranges === null) return;
        const bytes = ranges.flatMap(({ start, end }) => bytesBetween(start, end));
        expect(new Set(bytes).size).toBe(bytes.length);
        expect(new Set(bytes)).toEqual(new Set(naiveBytes(text, size)));
        for (const one of ranges)
          for (const other of ranges) if (one !== other) expect(one.start === other.end + 1).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("never throws for any text", () => {
    fc.assert(fc.property(fc.string(), fc.nat(), (text, size) => void parseRange(`bytes=${text}`, size)));
  });
});

function bytesBetween(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start + 1) }, (_, index) => start + index);
}

/** The requested bytes of a well-formed Range, computed byte by byte. */
function naiveBytes(text: string, size: number): number[] {
  const specs = text.slice("bytes=".length).split(",");
  return bytesBetween(0, size - 1).filter((byte) =>
    specs.some((each) => {
      const [first = "", last = ""] = each.trim().split("-");
      if (each.trim() === "") return false;
      if (first === "") return byte >= size - Number(last);
      return byte >= Number(first) && (last === "" || byte <= Number(last));
    }),
  );
}
