import client, { Registry } from "prom-client";
import { expect, test } from "vitest";
import { ask, samplesOf, startServer } from "./_server.ts";

function makeRegistry(): { readonly registry: Registry; readonly runs: string[] } {
  const registry = new Registry();
  const registers = [registry];
  const runs: string[] = [];
  new client.Counter({ name: "jobs", help: "Jobs.", labelNames: ["kind"], registers }).inc(
    { kind: 'a"b' },
    3,
  );
  new client.Histogram({ name: "size", help: "Sizes.", buckets: [1], registers }).observe(0.5);
  new client.Summary({ name: "wait", help: "Waits.", percentiles: [0.5], registers }).observe(2);
  new client.Gauge({
    name: "queue",
    help: "Queue.",
    registers,
    async collect() {
      runs.push("collect");
      this.set(9);
    },
  });
  return { registry, runs };
}

test("the metrics of a registry are in the text, in both formats", async () => {
  const { registry } = makeRegistry();
  const { server } = await startServer(() => undefined, { metrics: { registries: [registry] } });
  const text = (await ask(server, "/metrics")).body;
  const expected = (await registry.metrics()).split("\n").filter((line) => line !== "");
  for (const line of expected) expect(text.split("\n")).toContain(line);
  const open = await ask(server, "/metrics", { headers: { Accept: "application/openmetrics-text" } });
  expect(open.body).toContain('# TYPE jobs counter\njobs_total{kind="a\\"b"} 3\n');
});

test("a family with a name of Packetron's own is left out", async () => {
  const registry = new Registry();
  client.collectDefaultMetrics({ register: registry });
  const { server } = await startServer(() => undefined, { metrics: { registries: [registry] } });
  const text = (await ask(server, "/metrics")).body;
  expect(text.match(/# TYPE process_cpu_seconds_total/g)).toHaveLength(1);
  expect(samplesOf(text, "nodejs_version_info")).toHaveLength(1);
});

test("a metric that fails is logged, and the others are in the text", async () => {
  const { registry } = makeRegistry();
  new client.Gauge({
    name: "broken",
    help: "Broken.",
    registers: [registry],
    collect() {
      throw new Error("no database");
    },
  });
  const { server, lines } = await startServer(() => undefined, { metrics: { registries: [registry] } });
  const text = (await ask(server, "/metrics")).body;
  expect(samplesOf(text, "queue")).toEqual(["9"]);
  expect(samplesOf(text, "broken")).toEqual([]);
  expect(lines).toEqual(["a metric of a registry could not be read"]);
});

test("functions collect run for scrapes only: those of prom-client, and of gauges of the server", async () => {
  const { registry, runs } = makeRegistry();
  const { server } = await startServer(
    (made) => {
      const gauge = made.metrics.gauge({
        name: "own",
        help: "Own.",
        collect: () => {
          runs.push("own");
          gauge.set(4);
        },
      });
    },
    { metrics: { registries: [registry] } },
  );
  expect(runs).toEqual([]);
  expect(samplesOf((await ask(server, "/metrics")).body, "own")).toEqual(["4"]);
  expect(runs).toEqual(["collect", "own"]);
});
