import { describe, expect, test } from "vitest";
import { readSummary, writeScript } from "../../load/wrk.ts";

const ORDER = { port: 1, connections: 1, duration: 1, core: null, status: 200 };

describe("writeScript()", () => {
  test("builds every request once, repeated for the depth of the pipeline", () => {
    const requests = [
      { method: "GET", path: "/a" },
      { method: "POST", path: "/b", headers: { Accept: "*/*" }, body: '{"a":"\\n"}' },
    ] as const;
    const script = writeScript({ ...ORDER, requests, pipelining: 16 });
    expect(script).toContain('string.rep(wrk.format("GET", "/a", {}, nil), 16),');
    // Lua's decimal escapes: 34 is the quotation mark, 92 the backslash.
    expect(script).toContain(
      'string.rep(wrk.format("POST", "/b", {["Accept"]="*/*"}, "{\\034a\\034:\\034\\092n\\034}"), 16),',
    );
  });
});

describe("readSummary()", () => {
  test("parses the summary line of the script", () => {
    expect(readSummary(summary({}), { status: 200 })).toEqual({
      answers: 1000,
      seconds: 2,
      p50: 0.5,
      p99: 1.5,
    });
  });

  test("accepts error statuses that were expected", () => {
    expect(readSummary(summary({ status: 1000 }), { status: 404 }).answers).toBe(1000);
  });

  test.each([
    ["a status of 400 and more", summary({ status: 1 }), 200],
    ["a status below 400 where one above was expected", summary({ status: 999 }), 404],
    ["a time-out", summary({ timeout: 1 }), 200],
    ["a connection that failed", summary({ read: 1 }), 200],
    ["no answers", summary({ answers: 0 }), 200],
    ["no summary", "unable to connect", 200],
  ])("throws for %s", (_what, output, status) => {
    expect(() => readSummary(output, { status })).toThrow("wrk met errors");
  });
});

function summary(part: Readonly<Record<string, number>>): string {
  const fields = {
    answers: 1000,
    microseconds: 2e6,
    p50: 500,
    p99: 1500,
    connect: 0,
    read: 0,
    write: 0,
    status: 0,
  };
  return `Running 2s test\n\nsummary ${JSON.stringify({ ...fields, timeout: 0, ...part })}\n`;
}
