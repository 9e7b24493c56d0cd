import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { ServerMetrics } from "../src/instruments/server-metrics.ts";
import type { FamilyReport } from "../src/series/families.ts";
import { chooseFormat } from "../src/text/accept.ts";
import { OPEN_METRICS, TEXT, writeMetrics } from "../src/text/exposition.ts";
import { parse } from "./_server.ts";

const odd = 'a\\b"c\nd, {e}="é"';

/** The same metrics of Packetron and of prom-client. */
function both(): { readonly own: readonly FamilyReport[]; readonly foreign: Registry } {
  const foreign = new Registry();
  const registers = [foreign];
  const own = new ServerMetrics([1], () => undefined);
  const help = 'Says "a\\b"\nand more.';
  const made = [
    own.counter({ name: "a_total", help, labels: ["x"] }),
    new Counter({ name: "a_total", help, labelNames: ["x"], registers }),
  ];
  for (const counter of made) {
    counter.inc({ x: odd });
    counter.inc({ x: "plain" }, 1e21);
  }
  for (const gauge of [own.gauge({ name: "b", help: "B." }), new Gauge({ name: "b", help: "B.", registers })])
    gauge.set(-1.5e-7);
  const buckets = [0.5, 1, 10];
  for (const histogram of [
    own.histogram({ name: "c", help: "C.", labels: ["y"], buckets }),
    new Histogram({ name: "c", help: "C.", labelNames: ["y"], buckets, registers }),
  ])
    for (const value of [0.5, 2, 99]) histogram.observe({ y: "z" }, value);
  return { own: own.read(), foreign };
}

/** The lines with samples, and those with types and help, each sorted: prom-client has another order of labels. */
function linesOf(text: string): string[] {
  const sortLabels = (line: string): string =>
    line.replace(/_bucket\{(le="[^"]*"),(.*)\} /, (_all, le, rest) => `_bucket{${rest},${le}} `);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(sortLabels)
    .toSorted();
}

test("the text is that of prom-client", async () => {
  const { own, foreign } = both();
  expect(linesOf(writeMetrics(own, TEXT, ""))).toEqual(linesOf(await foreign.metrics()));
});

test("OpenMetrics names the families of counters without _total, bounds with a point, and ends with EOF", () => {
  expect(writeMetrics(both().own, OPEN_METRICS, 'app="x"')).toBe(
    [
      String.raw`# HELP a Says \"a\\b\"\nand more.`,
      "# TYPE a counter",
      String.raw`a_total{app="x",x="a\\b\"c\nd, {e}=\"é\""} 1`,
      'a_total{app="x",x="plain"} 1e+21',
      "# HELP b B.",
      "# TYPE b gauge",
      'b{app="x"} -1.5e-7',
      "# HELP c C.",
      "# TYPE c histogram",
      'c_bucket{app="x",y="z",le="0.5"} 1',
      'c_bucket{app="x",y="z",le="1.0"} 1',
      'c_bucket{app="x",y="z",le="10.0"} 2',
      'c_bucket{app="x",y="z",le="+Inf"} 3',
      'c_sum{app="x",y="z"} 101.5',
      'c_count{app="x",y="z"} 3',
      "# EOF",
      "",
    ].join("\n"),
  );
});

test("values that are not finite have the names of Prometheus", () => {
  const own = new ServerMetrics([1], () => undefined);
  const gauge = own.gauge({ name: "g", help: "G.", labels: ["x"] });
  gauge.set({ x: "a" }, Number.NaN);
  gauge.set({ x: "b" }, Number.POSITIVE_INFINITY);
  gauge.set({ x: "c" }, Number.NEGATIVE_INFINITY);
  expect(writeMetrics(own.read(), TEXT, "")).toContain('g{x="a"} NaN\ng{x="b"} +Inf\ng{x="c"} -Inf\n');
});

test("a parser that is not Packetron's reads back each label value and number", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }), fc.double(), (text, value) => {
      const own = new ServerMetrics([1], () => undefined);
      own.gauge({ name: "g", help: `G. ${text}`, labels: ["x"] }).set({ x: text }, value);
      const [sample] = parse(writeMetrics(own.read(), TEXT, "")).get("g")?.metrics ?? [];
      expect(sample?.labels).toEqual({ x: text.toWellFormed() });
      expect(Number(sample?.value?.replace("Inf", "Infinity"))).toBe(Object.is(value, -0) ? 0 : value);
    }),
  );
});

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

test.skipIf(!hasPromtool)("promtool finds nothing wrong", () => {
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input: writeMetrics(
      both().own.filter(({ name }) => name !== "b" && name !== "c"),
      TEXT,
      'app="x"',
    ),
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});

describe("Accept chooses the format:", () => {
  const prometheus =
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
  test.each([
    ["none", undefined, TEXT],
    ["anything", "*/*", TEXT],
    ["a browser", "text/html,application/xhtml+xml,*/*;q=0.8", TEXT],
    ["text", "text/plain", TEXT],
    ["OpenMetrics", "application/openmetrics-text", OPEN_METRICS],
    ["Prometheus", prometheus, OPEN_METRICS],
    ["text before OpenMetrics", "application/openmetrics-text;q=0.3,text/plain;q=0.5", TEXT],
    ["OpenMetrics with a weight of 0", "application/openmetrics-text;q=0", TEXT],
  ])("%s", (_title, accept, format) => {
    expect(chooseFormat(accept)).toBe(format);
  });
});
