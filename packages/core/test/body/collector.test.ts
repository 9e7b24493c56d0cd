import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { ByteCollector } from "../../src/body/collector.ts";

describe("ByteCollector", () => {
  test("one chunk is returned without a copy", () => {
    const chunk = Buffer.from("a body");
    const collector = new ByteCollector();
    collector.add(chunk);
    expect(collector.take()).toBe(chunk);
  });

  test("bytes in any pieces are returned complete and in order", () => {
    const piece = fc.uint8Array({ maxLength: 3000 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 50 }), (pieces) => {
        const collector = new ByteCollector();
        for (const bytes of pieces) collector.add(Buffer.from(bytes));
        const whole = Buffer.concat(pieces);
        expect(collector.size).toBe(whole.length);
        expect(collector.take().equals(whole)).toBe(true);
      }),
    );
  });

  test("a body in single bytes does not keep one object for each of them", () => {
    const collector = new ByteCollector();
    const whole = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));
    const concat = vi.spyOn(Buffer, "concat");
    for (let at = 0; at < whole.length; at++) collector.add(whole.subarray(at, at + 1));
    expect(collector.take().equals(whole)).toBe(true);
    expect(concat.mock.calls[0]?.[0].length).toBeLessThan(100);
    concat.mockRestore();
  });
});
