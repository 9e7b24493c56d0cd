import { join } from "node:path";
import { expect, test } from "vitest";
import {
  findTestRunner,
  hasLoadedNodeTest,
  type RunnerFacts,
  realEntry,
} from "../../src/config/test-runner.ts";
import { root } from "../docs/_markdown.ts";

const program: RunnerFacts = {
  entry: "/app/server.js",
  nodeOptions: [],
  belowNodeTest: false,
  hasLoadedNodeTest: false,
};
const nodeTest = { name: "node:test", ownsEntry: false };

test.each([
  ["/app/node_modules/vitest/dist/workers/forks.js", "vitest"],
  ["/app/node_modules/.pnpm/vitest@5.1.1/node_modules/vitest/dist/workers/vmThreads.js", "vitest"],
  ["/app/node_modules/tinypool/dist/entry/process.js", "vitest"],
  ["C:\\app\\node_modules\\jest\\bin\\jest.js", "jest"],
  ["/app/node_modules/jest-worker/build/workers/processChild.js", "jest"],
  ["/app/node_modules/mocha/bin/mocha.js", "mocha"],
  ["/app/node_modules/mocha/lib/nodejs/worker.cjs", "mocha"],
  ["/app/node_modules/@playwright/test/cli.js", "playwright"],
])("%s is the entry file of %s", (entry, name) => {
  expect(findTestRunner({ ...program, entry })).toEqual({ name, ownsEntry: true });
});

test.each<[string, Partial<RunnerFacts>, object | undefined]>([
  ["a program", {}, undefined],
  ["a program without a file", { entry: undefined }, undefined],
  ["a program in node_modules", { entry: "/app/node_modules/vitest-like/server.js" }, undefined],
  ["a file of the project named like a runner", { entry: "/app/vitest/server.js" }, undefined],
  ["a server that a test of node:test starts", { belowNodeTest: true }, undefined],
  ["a test file of node:test", { entry: "/app/a.test.js", hasLoadedNodeTest: true }, nodeTest],
  [
    "a test file that has not loaded node:test yet",
    { entry: "/app/a.test.ts", belowNodeTest: true },
    nodeTest,
  ],
  ["a file named like a test", { entry: "/app/a.test.js" }, undefined],
  [
    "node --test without processes of its own",
    { entry: "a.test.js", hasLoadedNodeTest: true, nodeOptions: ["--test", "--test-isolation=none"] },
    { name: "node:test", ownsEntry: true },
  ],
])("%s", (_name, facts, runner) => {
  expect(findTestRunner({ ...program, ...facts })).toEqual(runner);
});

test("links to an entry file are resolved, and a missing file is left as it is", () => {
  const vite = realEntry(join(root, "node_modules/vitest"));
  expect(vite).toMatch(/node_modules.+node_modules.vitest$/);
  expect(realEntry("/missing/file.js")).toBe("/missing/file.js");
  expect(realEntry(undefined)).toBeUndefined();
});

test("a test of vitest has not loaded node:test", () => {
  expect(hasLoadedNodeTest()).toBe(false);
});
