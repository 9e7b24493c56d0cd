import { expect, test } from "vitest";
import { Program } from "./_builds.ts";
import { isAlive, type Running } from "./_cluster-child.ts";
import { Load } from "./_load.ts";

const reasons: readonly (readonly [string, object, RegExp])[] = [
  ["answered enough", { maxRequestsPerWorker: 300 }, /"worker \d is replaced: it has answered \d+ requests"/],
  ["become old", { maxAge: 3_000 }, /"worker \d is replaced: it is \d s old"/],
  // Every process of Node has more memory than that: without a rate limit, workers would be replaced without a pause.
  ["become large", { maxMemory: 1_000_000 }, /"worker \d is replaced: it has \d+ MiB of memory"/],
];

test.each(reasons)(
  "a worker that has %s is replaced: no request fails, and not all workers are replaced at once",
  async (_, options, line) => {
    const app = run({ ...options, heartbeatInterval: 50 });
    const load = new Load(await app.started());
    const former = app.living();
    await app.until(() => former.some((pid) => !isAlive(pid)), "a replacement");
    await app.until(() => former.every((pid) => !isAlive(pid)), "the other replacement");
    await load.stop();
    expect(load.failures).toEqual([]);
    await app.logs(line);
    const drained = app.all("draining", { scope: "worker" }).map(({ pid }) => pid);
    expect(new Set(drained).size).toBe(drained.length);
    // The replacements do not count as early deaths.
    expect(app.errors).not.toContain("is started again in");
  },
  40_000,
);

test("when a replacement fails, the old worker continues", async () => {
  const program = new Program();
  program.write(1);
  const app = program.run({ maxAge: 2_000, heartbeatInterval: 50 });
  const load = new Load(await app.started());
  const former = app.living();
  program.write(2, "throws");
  await app.until(() => /"worker \d was not replaced: /.test(app.errors), "a failed replacement");
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.versions).toEqual([1]);
  expect(app.living().toSorted()).toEqual(former.toSorted());
});

function run(options: object): Running {
  const program = new Program();
  program.write(1);
  return program.run(options);
}
