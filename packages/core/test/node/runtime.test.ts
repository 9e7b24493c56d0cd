import { expect, test } from "vitest";
import { currentRuntime } from "../../src/node/runtime.ts";

test.each([
  ["node", { node: "24.0.0", v8: "13" }],
  ["bun", { node: "24.0.0", bun: "1.4.5" }],
  ["deno", { node: "24.0.0", deno: "2.9.6" }],
])("%s is known by its version", (runtime, versions) => {
  expect(currentRuntime(versions)).toBe(runtime);
});

test("these tests run on Node", () => {
  expect(currentRuntime()).toBe("node");
});
