import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChangeFilter } from "../src/program/change-filter.ts";
import { Floor } from "../src/program/floor.ts";
import { pagesOf } from "../src/program/messages.ts";
import { EndedTotals, ProcessValues } from "../src/program/totals.ts";
import type { Aggregator, FamilyReport, Kind } from "../src/series/families.ts";
import { Merged } from "../src/series/merge.ts";
import { MAX_SERIES } from "../src/series/series-table.ts";

function family(
  name: string,
  series: Readonly<Record<string, readonly number[]>>,
  {
    kind = "counter",
    aggregator = "sum",
    bounds = null,
  }: { kind?: Kind; aggregator?: Aggregator; bounds?: readonly number[] | null } = {},
): FamilyReport {
  return {
    name,
    help: "H.",
    kind,
    aggregator,
    bounds,
    isRaw: false,
    series: Object.entries(series).map(([key, values]) => [key, Float64Array.from(values)]),
  };
}

function valuesOf(families: readonly FamilyReport[]): Record<string, Record<string, number[]>> {
  return Object.fromEntries(
    families.map(({ name, series }) => [
      name,
      Object.fromEntries(series.map(([key, values]) => [key, [...values]])),
    ]),
  );
}

test("the processes of a program add up, series by series", () => {
  const merged = new Merged();
  merged.add([family("a", { x: [1], y: [2] })]);
  merged.add([
    family("a", { x: [10], z: [3] }),
    family("h", { "": [1, 2, 5] }, { kind: "histogram", bounds: [1] }),
  ]);
  merged.add([family("h", { "": [1, 0, 0.5] }, { kind: "histogram", bounds: [1] })]);
  expect(valuesOf(merged.families())).toEqual({ a: { x: [11], y: [2], z: [3] }, h: { "": [2, 2, 5.5] } });
});

test.each<[Aggregator, number | undefined]>([
  ["sum", 12],
  ["min", 2],
  ["max", 6],
  ["average", 4],
  ["first", 4],
  ["omit", undefined],
])("gauges become one by %s", (aggregator, expected) => {
  const merged = new Merged();
  for (const value of [4, 2, 6]) merged.add([family("g", { x: [value] }, { kind: "gauge", aggregator })]);
  expect(valuesOf(merged.families())["g"]?.["x"]).toEqual(expected === undefined ? undefined : [expected]);
});

test("a family with other buckets than that of a newer process is left out", () => {
  const merged = new Merged();
  merged.add([family("h", { "": [1, 1] }, { kind: "histogram", bounds: [] })]);
  merged.add([family("h", { "": [9, 9, 9] }, { kind: "histogram", bounds: [1] })]);
  expect(valuesOf(merged.families())).toEqual({ h: { "": [1, 1] } });
});

test("the merge does not change what it was given", () => {
  const first = family("a", { x: [1] });
  const merged = new Merged();
  merged.add([first]);
  merged.add([family("a", { x: [1] })]);
  expect(valuesOf([first])).toEqual({ a: { x: [1] } });
});

test("a report that is repeated counts once", () => {
  const values = new ProcessValues();
  for (const count of [5, 5, 7]) values.set([family("a", { x: [count] })]);
  values.set([family("a", { y: [1] })]);
  expect(valuesOf(values.families())).toEqual({ a: { x: [7], y: [1] } });
});

describe("of a process that has ended", () => {
  test("counters and histograms stay, gauges go", () => {
    const values = new ProcessValues();
    values.set([
      family("a", { x: [5] }),
      family("g", { x: [5] }, { kind: "gauge" }),
      family("h", { x: [5, 1, 3] }, { kind: "histogram", bounds: [1] }),
      family("m", { x: [5] }, { kind: "counter", aggregator: "max" }),
    ]);
    const ended = new EndedTotals();
    ended.add(values.cumulative());
    ended.add(values.cumulative());
    expect(valuesOf(ended.families())).toEqual({ a: { x: [10] }, h: { x: [10, 2, 6] } });
  });

  test("with other buckets, the total starts again", () => {
    const ended = new EndedTotals();
    ended.add([family("h", { x: [5, 1] }, { kind: "histogram", bounds: [] })]);
    ended.add([family("h", { x: [1, 1, 3] }, { kind: "histogram", bounds: [1] })]);
    expect(valuesOf(ended.families())).toEqual({ h: { x: [1, 1, 3] } });
  });

  test("series over the limit are added together, so that the primary keeps its size", () => {
    const ended = new EndedTotals();
    for (const generation of [1, 2, 3]) {
      const keys = Array.from({ length: MAX_SERIES }, (_, index) => `${generation}-${index}`);
      ended.add([family("a", Object.fromEntries(keys.map((key) => [key, [1]])))]);
    }
    const totals = valuesOf(ended.families())["a"] ?? {};
    expect(Object.keys(totals)).toHaveLength(MAX_SERIES + 1);
    expect(totals['otel_metric_overflow="true"']).toEqual([2 * MAX_SERIES]);
  });
});

test("a total never falls, not even by a last digit, and starts again with other buckets", () => {
  const floor = new Floor();
  const scrape = (values: readonly number[], bounds: readonly number[] | null = null): unknown => {
    const families = [
      family("h", { x: values }, { kind: bounds === null ? "counter" : "histogram", bounds }),
      family("g", { x: values }, { kind: "gauge" }),
    ];
    floor.raise(families);
    return valuesOf(families);
  };
  expect(scrape([0.3])).toEqual({ h: { x: [0.3] }, g: { x: [0.3] } });
  expect(scrape([0.1 + 0.1])).toEqual({ h: { x: [0.3] }, g: { x: [0.2] } });
  expect(scrape([0.4])).toEqual({ h: { x: [0.4] }, g: { x: [0.4] } });
  expect(scrape([1, 0.2], [])).toEqual({ h: { x: [1, 0.2] }, g: { x: [1, 0.2] } });
  expect(scrape([1, 0, 0.1], [1])).toEqual({ h: { x: [1, 0, 0.1] }, g: { x: [1, 0, 0.1] } });
});

describe("of a family, only what has changed is sent", () => {
  test("and sent again when the sending failed", () => {
    const filter = new ChangeFilter();
    const live = family("a", { x: [0], y: [Number.NaN] });
    const first = filter.pick([live]);
    expect(valuesOf(first)).toEqual({ a: { x: [0], y: [Number.NaN] } });
    expect(valuesOf(filter.pick([live]))).toEqual(valuesOf(first));
    filter.commit(first);
    expect(filter.pick([live])).toEqual([]);
    for (const [key, values] of live.series) if (key === "x") values[0] = 1;
    expect(valuesOf(first)["a"]?.["x"]).toEqual([0]);
    expect(valuesOf(filter.pick([live]))).toEqual({ a: { x: [1] } });
  });
});

test("pages have each series once, at most 1,000 of them, and the last one says so", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2_500 }), { maxLength: 5 }), (sizes) => {
      const families = sizes.map((size, index) => {
        const keys = Array.from({ length: size }, (_, key) => String(key));
        return family(`f${index}`, Object.fromEntries(keys.map((key) => [key, [Number(key)]])));
      });
      const pages = [...pagesOf(families)];
      expect(pages.map(({ isLast }) => isLast)).toEqual(pages.map((_, index) => index === pages.length - 1));
      for (const page of pages)
        expect(page.families.reduce((sum, { series }) => sum + series.length, 0)).toBeLessThanOrEqual(1_000);
      const values = new ProcessValues();
      for (const page of pages) values.set(page.families);
      expect(valuesOf(values.families())).toEqual(
        valuesOf(families.filter(({ series }) => series.length > 0)),
      );
    }),
    { numRuns: 30 },
  );
});
