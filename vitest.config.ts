import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { pureTests, UNITS } from "./scripts/_pure-tests.ts";
import { LongestFirst } from "./scripts/_test-order.ts";

const report = process.env.PACKETRON_TEST_REPORT;

// The tests start hundreds of Node processes, which strip the types of the sources when they load them. With a compile
// cache, loading takes a third of the time. Node keys the cache by its version and by the code.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules/.cache/node-compile-cache");

const cores = availableParallelism();
// A worker of its own costs each file a quarter of a second of CPU, which is more than most of these tests take.
const pure = pureTests();
const full = process.env.PACKETRON_TEST_FULL !== undefined;

/**
 * Units, processes and the workspace run one after another. A failing unit test is reported within the first two minutes.
 * Tests that start processes do not compete with unit tests for the two cores of a CI machine.
 */
export default defineConfig({
  test: {
    // One file more than cores: a third of the time of most files is waiting for sockets and timers.
    maxWorkers: cores + 1,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // A bound for what never happens. A second, the default, is short for processes on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [...UNITS],
          exclude: ["**/node_modules/**", "**/test/process/**", ...pure],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "unit-pure", include: pure, isolate: false, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: "process",
          include: [
            "packages/*/test/process/**/*.test.ts",
            "benchmarks/test/process/**/*.test.ts",
            "examples/*/test/**/*.test.ts",
          ],
          globalSetup: ["packages/core/test/process/_bundles.ts"],
          // Two files for each core, because they mostly wait for processes, drains and timeouts. The full layer runs one for
          // each core, because it measures how long users wait.
          maxWorkers: Math.max(2, full ? cores : 2 * cores),
          // The programs of the pages run side by side. More of them at a time would only share the same cores.
          maxConcurrency: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "workspace",
          include: ["scripts/test/*.test.ts"],
          globalSetup: ["scripts/test/_tarballs.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
