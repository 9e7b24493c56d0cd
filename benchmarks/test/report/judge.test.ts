import { describe, expect, test } from "vitest";
import { contestants } from "../../harness/contestants.ts";
import { metricsOf } from "../../measure/metrics.ts";
import { microBars, ratioBars } from "../../report/bars.ts";
import { judgeMicro, judgeRatio } from "../../report/judge.ts";
import { scenarios } from "../../scenarios/index.ts";
import { makeResult } from "./_results.ts";

const BAR = { scenario: "get-json", against: "fastify", metric: "cpu", atMost: 0.62 };

describe("judgeRatio()", () => {
  test.each([
    [[6, 6], true, "0.60 (0.60 – 0.60)"],
    [[6.2, 6.2], true, "0.62 (0.62 – 0.62)"],
    [[6, 8], false, "0.70 (0.60 – 0.80)"],
  ])("with %j against 10, the target is reached: %j", (own, reached, measured) => {
    const result = makeResult({ packetron: own, fastify: [10, 10] });
    expect(judgeRatio(BAR, [result], "packetron")).toEqual({
      title: "GET, small JSON: CPU per request, against Fastify",
      bar: "≤ 0.62",
      measured,
      reached,
    });
  });

  test.each([
    ["there is no result", []],
    ["the peer did not take part", [makeResult({ packetron: [1] })]],
    ["there are no figures", [makeResult({ packetron: [null], fastify: [null] })]],
  ])("reports that nothing was measured when %s", (_what, results) => {
    expect(judgeRatio(BAR, results, "packetron")).toMatchObject({ measured: "not measured", reached: null });
  });
});

test("judgeMicro() compares what a row adds", () => {
  const rows = [{ name: "one", median: 60, minimum: 50, added: 49.96 }];
  const results = [{ name: "gates", node: "24", cpu: "A CPU", date: "2026-11-23", rows }];
  const bar = { micro: "gates", row: "one", atMost: 50 };
  expect(judgeMicro(bar, results)).toMatchObject({ bar: "≤ 50 ns", measured: "50.0 ns", reached: true });
  expect(judgeMicro({ ...bar, atMost: 49 }, results).reached).toBe(false);
  expect(judgeMicro({ ...bar, row: "two" }, results).reached).toBeNull();
});

test("every target names a scenario, a metric, and two contestants that take part in it", () => {
  for (const { scenario: wanted, metric, against } of ratioBars) {
    const scenario = scenarios.find(({ name }) => name === wanted);
    expect(metricsOf[scenario?.kind ?? ""]?.map(({ name }) => name)).toContain(metric);
    const peer = contestants.find(({ name }) => name === against);
    expect(peer?.applications).toContain(scenario?.application);
  }
  expect(microBars).not.toEqual([]);
});
