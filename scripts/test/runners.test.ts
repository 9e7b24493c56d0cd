/**
 * Tests of servers in test runners and in other runtimes, from a user's view. Each runner ends by itself after a test
 * that has started and stopped servers.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Consumer, createConsumer, linkTools } from "./_consumer.ts";

const full = process.env.PACKETRON_TEST_FULL !== undefined;

/** How long a runner may take to end by itself, in milliseconds. */
const TIMEOUT = 50_000;

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createConsumer("runners", [
    "@packetron/core",
    "@packetron/body-json",
    "@packetron/static",
  ]);
  if (full) await downloadTools();
  await linkTools(consumer, ["vitest"]);
});
afterAll(() => consumer.remove());

/** Installs what only the full run has, because it is downloaded. */
async function downloadTools(): Promise<void> {
  const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
  await consumer.run("npm", "install", ...flags, "jest", "mocha", "bun", "deno");
  await run(process.execPath, [join("node_modules", "bun", "install.js")]);
}

/** Runs a command in the consumer without the variables of the runner of this test; rejects when the command fails. */
async function run(node: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_TEST|TEST$)/.test(name));
  const { stdout, stderr } = await promisify(execFile)(node, args, {
    cwd: consumer.path,
    env: { ...Object.fromEntries(own), ...env },
    timeout: TIMEOUT,
  });
  return stdout + stderr;
}

describe("a test that starts a server without maxThreads", () => {
  test.for(inject("runtimes"))("passes in node --test on $label", async ({ node, skipped }, context) => {
    if (node === undefined) return context.skip(skipped);
    expect(await run(node, ["--test", "node.test.mjs"])).toMatch(/pass 3\b/);
  });

  test("passes in vitest: threads, forks and vmThreads", async () => {
    const output = await run(process.execPath, [join("node_modules", "vitest", "vitest.mjs"), "run"]);
    expect(output).toMatch(/9 passed/);
  });

  describe.skipIf(!full)("with jest and mocha installed", () => {
    const jest = join("node_modules", "jest", "bin", "jest.js");
    const modules = { NODE_OPTIONS: "--experimental-vm-modules" };

    test.each([["--runInBand"], ["--maxWorkers=2"]])("passes in jest %s", async (option) => {
      const args = [jest, "--testMatch", "**/jest.spec.mjs", option];
      expect(await run(process.execPath, args, modules)).toMatch(/3 passed/);
    });

    test("answers require() in jest without its option for ES modules with the cure", async () => {
      const args = [jest, "--testMatch", "**/require.spec.cjs"];
      expect(await run(process.execPath, args)).toMatch(/1 passed/);
    });

    test.each([["--no-parallel"], ["--parallel"]])("passes in mocha %s", async (option) => {
      const mocha = join("node_modules", "mocha", "bin", "mocha.js");
      const files = option === "--parallel" ? ["mocha.spec.mjs", "check.mjs"] : ["mocha.spec.mjs"];
      expect(await run(process.execPath, [mocha, option, ...files])).toMatch(/3 passing/);
    });
  });
});

describe.skipIf(!full)("a program on another runtime", () => {
  const binary = (name: string): string => join(consumer.path, "node_modules", ".bin", name);

  test("on Bun reads bodies and refuses workers", async () => {
    expect(JSON.parse(await run(binary("bun"), ["runtime.mjs", "workers"]))).toEqual({
      role: "single",
      stream: '{"length":100000}',
      echo: '{"a":1}',
      workers: "PKT_CLUSTER_NO_WORKERS",
    });
  });

  test("on Deno reads bodies as streams and refuses routes that read bodies", async () => {
    expect(JSON.parse(await run(binary("deno"), ["run", "--allow-all", "runtime.mjs"]))).toEqual({
      role: "single",
      stream: '{"length":100000}',
      echo: "PKT_ROUTE_RUNTIME",
      workers: "not tried",
    });
  });
});
