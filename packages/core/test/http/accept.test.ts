import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptsProblem } from "../../src/http/accept.ts";

describe("acceptsProblem", () => {
  test.each<[accept: string | undefined, accepted: boolean]>([
    [undefined, true],
    ["", true],
    [" ", true],
    ["*/*", true],
    ["application/json", true],
    ["application/problem+json", true],
    ["APPLICATION/JSON", true],
    ["application/*;q=0.1", true],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true],
    ["text/html, application/json;q=0.001", true],
    ["application/json; charset=utf-8; q=0.5", true],
    ["text/html", false],
    ["text/html, image/*", false],
    ["application/jsonp", false],
    ["application/json;q=0", false],
    ["application/json ; q = 0.000", false],
    ["application/json;Q=0.0;v=1", false],
    ["*/*, application/json;q=0", false],
    ["application/json;q=0, */*", false],
    ["application/problem+json;q=0, application/json", false],
    ["application/json;q=0, application/problem+json", true],
    ["*/*;q=0, application/json", true],
    ["nonsense", false],
    [";;,,", false],
  ])("%j: %s", (accept, accepted) => {
    expect(acceptsProblem(accept)).toBe(accepted);
    expect(acceptsProblem(accept)).toBe(accepted); // from memory
  });

  test("never throws, and remembers only the field that it read last", () => {
    const part = fc.constantFrom("*/*", "application/json", "application/*", ";q=0", ";q=0.5", ",", " ", "x");
    const field = fc.array(part).map((parts) => parts.join(""));
    fc.assert(
      fc.property(field, fc.string(), (one, other) => {
        const first = acceptsProblem(one);
        acceptsProblem(other);
        expect(acceptsProblem(one)).toBe(first);
      }),
    );
  });

  test("reads a field of 16 KiB in linear time", () => {
    const started = performance.now();
    for (const piece of ["a,", "*/*;q=0,", "; q", ";   ", " "])
      acceptsProblem(piece.repeat(16_384 / piece.length));
    expect(performance.now() - started).toBeLessThan(200);
  });
});
