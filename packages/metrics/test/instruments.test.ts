import { describe, expect, test } from "vitest";
import { ServerMetrics } from "../src/instruments/server-metrics.ts";
import { MAX_SERIES } from "../src/series/series-table.ts";
import { TEXT, writeMetrics } from "../src/text/exposition.ts";

function create(): { readonly metrics: ServerMetrics; text(): string[]; readonly limited: string[] } {
  const limited: string[] = [];
  const metrics = new ServerMetrics([1, 2], ({ name }) => limited.push(name));
  const text = (): string[] =>
    writeMetrics(metrics.read(), TEXT, "")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
  return { metrics, text, limited };
}

describe("a counter", () => {
  test("adds 1, an amount, with labels and without", () => {
    const { metrics, text } = create();
    const plain = metrics.counter({ name: "plain_total", help: "Plain." });
    plain.inc();
    plain.inc(0.5);
    const labelled = metrics.counter({ name: "labelled_total", help: "Labelled.", labels: ["kind", "ok"] });
    labelled.inc({ kind: "a", ok: true });
    labelled.inc({ ok: true, kind: "a" }, 4);
    labelled.inc({ kind: 7 });
    labelled.labels({ kind: "a", ok: true }).inc();
    labelled.labels({}).inc(2);
    expect(text()).toEqual([
      "plain_total 1.5",
      'labelled_total{kind="a",ok="true"} 6',
      'labelled_total{kind="7"} 1',
      "labelled_total 2",
    ]);
  });

  test("without labels is 0 before it counts", () => {
    const { metrics, text } = create();
    metrics.counter({ name: "a_total", help: "A." });
    expect(text()).toEqual(["a_total 0"]);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s", (by) => {
    const counter = create().metrics.counter({ name: "a_total", help: "A.", labels: ["b"] });
    const wrong = expect.objectContaining({ code: "PKT_METRICS_VALUE" });
    expect(() => counter.inc(by)).toThrow(wrong);
    expect(() => counter.inc({ b: "x" }, by)).toThrow(wrong);
    expect(() => counter.labels({ b: "x" }).inc(by)).toThrow(wrong);
  });
});

describe("a gauge", () => {
  test("is set, and rises and falls", () => {
    const { metrics, text } = create();
    const gauge = metrics.gauge({ name: "jobs", help: "Jobs.", labels: ["queue"] });
    gauge.set(5);
    gauge.inc();
    gauge.dec(3);
    gauge.set({ queue: "mail" }, -2);
    gauge.inc({ queue: "mail" });
    gauge.dec({ queue: "mail" }, 0.5);
    expect(text()).toEqual(["jobs 3", 'jobs{queue="mail"} -1.5']);
    const before = Date.now() / 1_000;
    gauge.setToCurrentTime({ queue: "clock" });
    expect(Number(text()[2]?.split(" ")[1])).toBeGreaterThanOrEqual(before);
  });

  test("refuses a call without a number", () => {
    const gauge = create().metrics.gauge({ name: "jobs", help: "Jobs.", labels: ["queue"] });
    const wrong = expect.objectContaining({ code: "PKT_METRICS_VALUE" });
    expect(() => Reflect.apply(gauge.set, gauge, [{ queue: "mail" }])).toThrow(wrong);
    expect(() => Reflect.apply(gauge.set, gauge, ["3"])).toThrow(wrong);
    expect(() => gauge.inc(Number.NaN)).toThrow(wrong);
  });
});

describe("a histogram", () => {
  test("counts in its buckets, a bound included", () => {
    const { metrics, text } = create();
    const histogram = metrics.histogram({ name: "q", help: "Q.", labels: ["table"], buckets: [0.1, 1] });
    for (const value of [0.1, 0.2, 5]) histogram.observe({ table: "a" }, value);
    histogram.labels({ table: "a" }).observe(1);
    expect(text()).toEqual([
      'q_bucket{table="a",le="0.1"} 1',
      'q_bucket{table="a",le="1"} 3',
      'q_bucket{table="a",le="+Inf"} 4',
      'q_sum{table="a"} 6.3',
      'q_count{table="a"} 4',
    ]);
  });

  test("has the buckets of the server without its own", () => {
    const { metrics, text } = create();
    metrics.histogram({ name: "q", help: "Q." }).observe(1.5);
    expect(text()).toEqual([
      'q_bucket{le="1"} 0',
      'q_bucket{le="2"} 1',
      'q_bucket{le="+Inf"} 1',
      "q_sum 1.5",
      "q_count 1",
    ]);
  });

  test("measures with a timer, whose labels may come at its end", () => {
    const { metrics, text } = create();
    const histogram = metrics.histogram({ name: "q", help: "Q.", labels: ["table", "ok"], buckets: [60] });
    const seconds = histogram.startTimer({ table: "a" })({ ok: true });
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(text()[0]).toBe('q_bucket{table="a",ok="true",le="60"} 1');
    histogram.startTimer()();
    expect(text()[4]).toBe('q_bucket{le="60"} 1');
  });

  test("refuses what is not a finite number", () => {
    const histogram = create().metrics.histogram({ name: "q", help: "Q." });
    const wrong = expect.objectContaining({ code: "PKT_METRICS_VALUE" });
    expect(() => histogram.observe(Number.NaN)).toThrow(wrong);
    expect(() => Reflect.apply(histogram.observe, histogram, [{}])).toThrow(wrong);
    expect(() => histogram.labels({}).observe(Number.POSITIVE_INFINITY)).toThrow(wrong);
  });
});

test("an unknown label is refused, with the known ones", () => {
  const counter = create().metrics.counter({ name: "a_total", help: "A.", labels: ["kind"] });
  expect(() => Reflect.apply(counter.inc, counter, [{ knd: "x" }])).toThrow(
    expect.objectContaining({
      code: "PKT_METRICS_LABEL",
      message:
        'The metric "a_total" has no label "knd". Known: kind. Name every label in the option labels of the metric.',
    }),
  );
});

test("the same metric twice is one, and another with its name is refused", () => {
  const { metrics, text } = create();
  const options = { name: "a_total", help: "A.", labels: ["kind"] } as const;
  metrics.counter(options).inc({ kind: "x" });
  metrics.counter(options).inc({ kind: "x" });
  expect(text()).toEqual(['a_total{kind="x"} 2']);
  const conflict = expect.objectContaining({ code: "PKT_METRICS_CONFLICT" });
  expect(() => metrics.gauge(options)).toThrow(conflict);
  expect(() => metrics.counter({ ...options, labels: ["other"] })).toThrow(conflict);
  metrics.histogram({ name: "q", help: "Q." });
  expect(() => metrics.histogram({ name: "q", help: "Q.", buckets: [5] })).toThrow(conflict);
});

test.each<[title: string, options: unknown, code: string]>([
  ["a name with a hyphen", { name: "a-b", help: "A." }, "PKT_METRICS_NAME"],
  ["a name that begins with a digit", { name: "1a", help: "A." }, "PKT_METRICS_NAME"],
  ["no name", { help: "A." }, "PKT_METRICS_NAME"],
  ["no help", { name: "a" }, "PKT_OPTION_INVALID"],
  ["help of blanks", { name: "a", help: "  " }, "PKT_OPTION_INVALID"],
  ["labels that are not a list", { name: "a", help: "A.", labels: "kind" }, "PKT_OPTION_INVALID"],
  ["a label twice", { name: "a", help: "A.", labels: ["x", "x"] }, "PKT_OPTION_INVALID"],
  ["the label le", { name: "a", help: "A.", labels: ["le"] }, "PKT_METRICS_NAME"],
  ["a label of Prometheus itself", { name: "a", help: "A.", labels: ["__name"] }, "PKT_METRICS_NAME"],
  ["the name of prom-client for labels", { name: "a", help: "A.", labelNames: ["x"] }, "PKT_OPTION_UNKNOWN"],
  ["buckets that fall", { name: "a", help: "A.", buckets: [2, 1] }, "PKT_OPTION_INVALID"],
  [
    "an infinite bucket",
    { name: "a", help: "A.", buckets: [1, Number.POSITIVE_INFINITY] },
    "PKT_OPTION_INVALID",
  ],
  ["no bucket", { name: "a", help: "A.", buckets: [] }, "PKT_OPTION_INVALID"],
  ["nothing", undefined, "PKT_OPTION_INVALID"],
])("%s is refused", (_title, options, code) => {
  const { metrics } = create();
  expect(() => Reflect.apply(metrics.histogram, metrics, [options])).toThrow(
    expect.objectContaining({ code }),
  );
});

test.each<[title: string, options: object]>([
  ["an unknown aggregator", { aggregator: "omit" }],
  ["a collect that is not a function", { collect: 5 }],
])("a gauge with %s is refused", (_title, options) => {
  const { metrics } = create();
  expect(() => Reflect.apply(metrics.gauge, metrics, [{ name: "a", help: "A.", ...options }])).toThrow(
    expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
  );
});

test("label values over the limit are counted together, and their length is cut", () => {
  const { metrics, text, limited } = create();
  const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["user"] });
  for (let user = 0; user < MAX_SERIES + 3; user++) counter.inc({ user });
  const lines = text();
  expect(lines).toHaveLength(MAX_SERIES + 1);
  expect(lines.at(-1)).toBe('a_total{otel_metric_overflow="true"} 3');
  expect(limited).toEqual(["a_total"]);
  const long = metrics.gauge({ name: "b", help: "B.", labels: ["x"] });
  long.set({ x: "y".repeat(10_000) }, 1);
  expect(text().at(-1)).toBe(`b{x="${"y".repeat(200)}"} 1`);
});
