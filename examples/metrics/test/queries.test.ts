/** Runs the queries of the dashboard with promtool on what a running program says. Skipped without promtool. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { startExample } from "../../../scripts/test/_example.ts";

const folder = join(import.meta.dirname, "..");
const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const { panels }: { readonly panels: readonly Panel[] } = JSON.parse(
  readFileSync(join(folder, "dashboard.json"), "utf8"),
);

/** The queries of the dashboard, as Prometheus gets them from Grafana. */
const queries = panels.flatMap(({ targets = [] }) =>
  targets.map(({ expr }) => expr.replaceAll("$job", "shop").replaceAll("$__rate_interval", "1m")),
);

function promtool(...words: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("promtool", words, { encoding: "utf8", cwd: folder });
  return { status, output: stdout + stderr };
}

/** What a running program says before and after some requests. */
async function recordTwice(): Promise<readonly [string, string]> {
  const program = await startExample("metrics");
  const ask = async (path: string, method = "GET"): Promise<string> =>
    (await fetch(`${program.origin}/${path}`, { method })).text();
  const work = async (): Promise<void> => {
    for (let id = 0; id < 10; id++) await ask(`items/${id}`);
    await ask("orders/book", "POST");
    await ask("orders/broken", "POST");
    await ask("none");
  };
  await work();
  await ask("metrics"); // the next text has the series of this request
  let before = await ask("metrics");
  while (!before.includes("v8js_gc_duration_seconds_sum")) {
    await work(); // the series exists from the first garbage collection on
    before = await ask("metrics");
  }
  await work();
  const after = await ask("metrics");
  expect(await program.stop()).toBe(0);
  return [before, after];
}

/** The samples of a text, with the labels that a scrape adds. */
function samplesOf(text: string): Map<string, string> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      const series = line.slice(0, space).replace("}", ',job="shop",instance="a:3000"}');
      return [series, line.slice(space + 1)];
    }),
  );
}

/** A unit test of promtool whose queries expect nothing: promtool then prints what each query gives. */
function unitTest(before: string, after: string): string {
  const first = samplesOf(before);
  const series = [...samplesOf(after)].map(([name, value]) => ({
    series: name,
    values: `${first.get(name) ?? "_"} ${value}`,
  }));
  const promql = queries.map((expr) => ({ expr, eval_time: "15s", exp_samples: [] }));
  return stringify({
    evaluation_interval: "15s",
    tests: [{ interval: "15s", input_series: series, promql_expr_test: promql }],
  });
}

describe.skipIf(!hasPromtool)("promtool", () => {
  test("accepts the scrape file and the alerts", () => {
    expect(promtool("check", "config", "prometheus.yml")).toMatchObject({ status: 0 });
    const alerts = promtool("check", "rules", "alerts.yml");
    expect(alerts).toMatchObject({ status: 0, output: expect.stringContaining("SUCCESS: 6 rules found") });
  });

  test("accepts the scrape file of the recipe, which asks the program of the recipe", () => {
    const page = readFileSync(join(folder, "../../docs/recipes/metrics.md"), "utf8");
    const [, yaml = ""] = /^```yaml\n([\s\S]*?)^```/m.exec(page) ?? [];
    const file = join(mkdtempSync(join(tmpdir(), "metrics-")), "prometheus.yml");
    onTestFinished(() => rmSync(join(file, ".."), { recursive: true }));
    writeFileSync(file, yaml);
    expect(promtool("check", "config", file)).toMatchObject({ status: 0 });
    const [, port] = /port: (\d+)/.exec(page) ?? [];
    const [, token] = /METRICS_TOKEN \?\? "([^"]+)"/.exec(page) ?? [];
    expect(yaml).toContain(`targets: ["127.0.0.1:${port}"]`);
    expect(yaml).toContain(`credentials: ${token} `);
  });

  test("finds values for each query of the dashboard in what a running program says", async () => {
    const [before, after] = await recordTwice();
    const file = join(mkdtempSync(join(tmpdir(), "metrics-")), "test.yml");
    onTestFinished(() => rmSync(join(file, ".."), { recursive: true }));
    writeFileSync(file, unitTest(before, after));
    const { output } = promtool("test", "rules", file);
    expect(queries.length).toBeGreaterThan(20);
    const found = queries.filter((expr) => output.includes(`expr: ${JSON.stringify(expr)}`));
    expect(queries.filter((expr) => !found.includes(expr))).toEqual([]);
    expect(output).not.toMatch(/parse error|unknown|err:/);
    // Of the 14 requests between the texts, the scrape included, one has failed.
    const failures = queries.find((expr) => expr.includes('"5.."')) ?? "";
    const [, share] = output.split(`expr: ${JSON.stringify(failures)}`)[1]?.match(/got: \{\} (\S+)/) ?? [];
    expect(Number(share)).toBeCloseTo(1 / 14);
  });
});

test("each metric that the dashboard and the alerts name is one that the program has", async () => {
  const [, after] = await recordTwice();
  const names = new Set([...after.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
  const alerts = readFileSync(join(folder, "alerts.yml"), "utf8");
  const used = [...queries, alerts].flatMap(
    (text) => text.match(/\b(?:http_server|packetron|nodejs|process|v8js)_\w+(?=[{[]|\) ==)/g) ?? [],
  );
  const missing = used.filter(
    (name) => !names.has(name) && !names.has(name.replace(/_(?:count|sum|bucket)$/, "")),
  );
  expect(used.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});
