import { describe, expect, test } from "vitest";
import { codingQualities, parseQuality } from "../../src/http/accept-encoding.ts";

describe("codingQualities()", () => {
  test.each<readonly [field: string, qualities: Readonly<Record<string, number>>]>([
    ["", {}],
    ["gzip", { gzip: 1 }],
    ["GZIP, X-Gzip;q=0.5", { gzip: 0.5 }],
    ["br;q=1.0, *;q=0, identity ; q = 0.250", { br: 1, "*": 0, identity: 0.25 }],
    ["gzip;q=1.5, br;q=, zstd;q=0.1234, deflate", { deflate: 1 }],
    [",,gzip,", { gzip: 1 }],
  ])("%j", (field, qualities) => {
    expect(Object.fromEntries(codingQualities(field))).toEqual(qualities);
  });
});

test.each([
  ["q=0", 0],
  ["Q=0.001", 0.001],
  ["q\t=\t1.000", 1],
  ["q=1.001", null],
  ["q=-1", null],
  ["level=1", null],
])("parseQuality(%j) is %j", (parameter, quality) => {
  expect(parseQuality(parameter)).toBe(quality);
});
