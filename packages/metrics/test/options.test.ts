import { Packetron } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { metrics } from "../src/index.ts";
import { resolveSettings } from "../src/options.ts";

const registry = { getMetricsAsArray: () => [] };

test.each([true, {}])("%j has each default", (value) => {
  expect(resolveSettings(value)).toEqual({
    path: "/metrics",
    registries: [],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    defaultLabels: "",
    token: null,
  });
});

test("each part is read", () => {
  const value = {
    path: "/internal/metrics",
    registries: [registry],
    buckets: [1, 2],
    defaultLabels: { app: 'a "shop"\n', zone: "b\\c" },
    token: "a.b-c==",
  };
  expect(resolveSettings(value)).toEqual({
    ...value,
    defaultLabels: String.raw`app="a \"shop\"\n",zone="b\\c"`,
  });
});

describe("refused by the constructor:", () => {
  test.each<[title: string, value: unknown, code: string]>([
    ["a number", 3, "PKT_OPTION_INVALID"],
    ["null", null, "PKT_OPTION_INVALID"],
    ["an unknown part", { pth: "x" }, "PKT_OPTION_UNKNOWN"],
    ["an empty path", { path: "" }, "PKT_OPTION_INVALID"],
    ["a path that leaves the root", { path: "../a" }, "PKT_OPTION_INVALID"],
    ["a path that needs encoding", { path: "a b" }, "PKT_OPTION_INVALID"],
    ["registries without a list", { registries: registry }, "PKT_OPTION_INVALID"],
    ["something that is no registry", { registries: [{}] }, "PKT_OPTION_INVALID"],
    ["buckets in the wrong order", { buckets: [1, 1] }, "PKT_OPTION_INVALID"],
    ["labels that are a list", { defaultLabels: ["a"] }, "PKT_OPTION_INVALID"],
    ["a label that is no text", { defaultLabels: { a: 1 } }, "PKT_OPTION_INVALID"],
    ["a label name of Prometheus itself", { defaultLabels: { __a: "x" } }, "PKT_METRICS_NAME"],
    ["an empty token", { token: "" }, "PKT_OPTION_INVALID"],
    ["a token with a space", { token: "a b" }, "PKT_OPTION_INVALID"],
  ])("%s", (_title, value, code) => {
    const options = { maxThreads: 1, capabilities: [metrics()], metrics: value };
    expect(() => Reflect.construct(Packetron, [options])).toThrow(expect.objectContaining({ code }));
  });

  test("another value than a boolean on a route", () => {
    const server = new Packetron({ maxThreads: 1, capabilities: [metrics()] });
    const route = { routePath: "a", metrics: {}, handler: () => undefined };
    expect(() => Reflect.apply(server.handle, server, [route])).toThrow(
      expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
    );
  });
});
