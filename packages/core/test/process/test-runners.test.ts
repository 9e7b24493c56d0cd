import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runApp } from "./_cluster-child.ts";
import { fixtureFile } from "./_fixture-file.ts";

const run = promisify(execFile);
const file = fixtureFile("core/node-test");

test.each([["--test"], ["--test-reporter=spec"]])(
  "node %s: a server without maxThreads runs as one process, which says so in one line and ends by itself",
  async (option) => {
    const { stdout } = await run(process.execPath, [option, file], { timeout: 15_000 });
    expect(stdout).toContain("single; log: one process, because it runs in a test of node:test");
    expect(stdout.match(/single;/g)).toHaveLength(1);
  },
);

test("a server that a test starts as a program forks workers, although it inherits the variables of the runner", async () => {
  const inherited = {
    VITEST: "true",
    JEST_WORKER_ID: "1",
    NODE_TEST_CONTEXT: "child-v8",
    PACKETRON_THREADS: "2",
  };
  const app = runApp({ servers: [{}] }, inherited);
  await app.started();
  expect(app.workers()).toHaveLength(2);
});

test("maxThreads in a test of vitest makes start() reject, with the cure", async () => {
  const { createLifecycle } = await import("../../src/cluster/index.ts");
  const { fakeDelegate } = await import("../cluster/_delegate.ts");
  const lifecycle = createLifecycle(fakeDelegate("1:x:0", { port: 0, maxThreads: 2 }, () => {}));
  await expect(lifecycle.start()).rejects.toThrow(
    expect.objectContaining({
      code: "PKT_CLUSTER_NO_WORKERS",
      message: expect.stringContaining("child_process.fork"),
    }),
  );
  await lifecycle.stop();
});
