import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseCoding } from "../src/choose-coding.ts";

const OFFERED = ["br", "zstd", "gzip"] as const;

describe("chooseCoding()", () => {
  test.each<readonly [field: string, coding: string | null, refusesIdentity: boolean]>([
    ["", null, false],
    ["identity", null, false],
    ["deflate", null, false],
    ["gzip", "gzip", false],
    ["GZip", "gzip", false],
    ["x-gzip", "gzip", false],
    ["gzip, deflate, br, zstd", "br", false],
    ["gzip, zstd", "zstd", false],
    ["br;q=0.5, gzip;q=0.8", "gzip", false],
    ["br;q=0.8, zstd;q=0.8, gzip;q=0.8", "br", false],
    ["br;q=0, gzip", "gzip", false],
    ["br;q=0.000, gzip;q=0.001", "gzip", false],
    ["*", "br", false],
    ["*;q=0.1, gzip;q=0.2", "gzip", false],
    ["br;q=0, *", "zstd", false],
    ["gzip, *;q=0", "gzip", true],
    ["*;q=0", null, true],
    ["identity;q=0", null, true],
    ["identity;q=0, gzip;q=0.1", "gzip", true],
    ["identity;q=0, *", "br", true],
    ["*;q=0, identity", null, false],
    ["identity, gzip;q=0.5", null, false],
    ["identity;q=0.5, gzip;q=0.5", "gzip", false],
    ["gzip;q=2, br;q=-1", null, false],
    ["gzip;q=", null, false],
    [",, gzip ;\tq=0.5 ,", "gzip", false],
  ])("%j", (field, coding, refusesIdentity) => {
    expect(chooseCoding(field, OFFERED)).toEqual({ coding, refusesIdentity });
  });

  test("takes the first of equal ones in the order of the server", () => {
    expect(chooseCoding("br, gzip", ["gzip", "br"]).coding).toBe("gzip");
    expect(chooseCoding("*;q=0.5, gzip;q=0.2", ["gzip"]).coding).toBeNull(); // identity has 0.5
  });

  const names = fc.constantFrom("br", "zstd", "gzip", "x-gzip", "identity", "*", "deflate", "BR");
  const quality = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
  const list = fc.uniqueArray(fc.tuple(names, fc.option(quality, { nil: undefined })), {
    selector: ([name]) => name.toLowerCase().replace("x-", ""),
  });

  test("takes a coding of the highest quality, for any list", () => {
    fc.assert(
      fc.property(list, (entries) => {
        const field = entries
          .map(([name, q]) => (q === undefined ? name : `${name};q=${q.toFixed(3)}`))
          .join(", ");
        const qualities = new Map(
          entries.map(([name, q = 1]) => [name.toLowerCase().replace("x-", ""), q] as const),
        );
        const of = (name: string): number => qualities.get(name) ?? qualities.get("*") ?? 0;
        const { coding, refusesIdentity } = chooseCoding(field, OFFERED);
        const best = Math.max(...OFFERED.map(of));
        const identity = qualities.get("identity") ?? qualities.get("*");
        expect(refusesIdentity).toBe(identity === 0);
        if (best === 0 || best < (identity ?? 0)) expect(coding).toBeNull();
        else expect(coding).toBe(OFFERED.find((name) => of(name) === best));
      }),
    );
  });

  test("never fails, and takes only what the field names, for any text", () => {
    fc.assert(
      fc.property(fc.string(), (field) => {
        const { coding } = chooseCoding(field, OFFERED);
        if (coding !== null) expect(field.includes("*") || field.toLowerCase().includes(coding)).toBe(true);
      }),
    );
  });
});
