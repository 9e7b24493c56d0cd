import { expect, test } from "vitest";
import { get, Running } from "./_cluster-child.ts";

/** Starts two workers whose stderr is one pipe; the lines of the log are JSON. */
async function start(env: NodeJS.ProcessEnv = {}): Promise<{ running: Running; port: number }> {
  const running = new Running("_fixtures/last-output.ts", {
    PACKETRON_LOG: "json",
    PACKETRON_LOG_LEVEL: "debug",
    ...env,
  });
  const [line] = await running.hear("started");
  return { running, port: Number(line?.["port"]) };
}

/** The complete log lines so far. Output of other processes to a full pipe may split a line. */
function linesOf(running: Running): Record<string, unknown>[] {
  return running.errors.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

/** Waits for the line in which the primary logs the exit of a worker. */
async function ending(running: Running, words: RegExp): Promise<Record<string, unknown>> {
  const find = () =>
    linesOf(running).find(({ role, message }) => role === "primary" && words.test(String(message)));
  await running.until(() => find() !== undefined, `a line of the primary like ${words}`);
  return find() ?? {};
}

test("an uncaught exception is logged with its stack, worker and generation", async () => {
  const { running, port } = await start();
  expect((await get(port, "/throw")).status).toBe(200);
  await running.until(() => linesOf(running).some(({ err }) => err !== undefined), "the error");
  const line = linesOf(running).find(({ err }) => err !== undefined);
  expect(line).toMatchObject({
    level: "error",
    role: "worker",
    worker: expect.any(Number),
    generation: 1,
    err: { message: `thrown by ${line?.["worker"]}`, stack: expect.stringContaining("boom") },
  });
});

test("output right before the exit of a worker arrives, and the primary logs its exit", async () => {
  const { running, port } = await start();
  await get(port, "/exit").catch(() => undefined);
  const { worker } = await ending(running, /ended after .*exit code 3/);
  expect(running.errors).toContain(`printed by ${worker}\n`);
});

test("1 MB of output before a fatal error arrives completely, at a slow reader", async () => {
  const { running, port } = await start();
  running.child.stderr?.pause();
  expect((await get(port, "/flood")).status).toBe(200);
  // From then on the worker waits for the reader, but not for long.
  await running.hear("draining");
  running.child.stderr?.resume();
  await ending(running, /ended after .*exit code 1/);
  // Other processes write to the same pipe, so lines may be split, but no byte is missing.
  expect(running.errors.match(/x/g)?.length).toBeGreaterThanOrEqual(1023 * 1024);
  expect(running.errors).toMatch(/flooded by \d\n/);
  expect(running.errors).toMatch(/"message":"thrown by \d"/);
});

test("of 1 MB of log lines, the last ones arrive when the program exits the worker at once", async () => {
  const { running, port } = await start();
  await get(port, "/log").catch(() => undefined);
  await ending(running, /ended after .*exit code 3/);
  const lines = linesOf(running).filter(({ role }) => role === "worker");
  expect(lines.at(-1)).toMatchObject({ level: "error", message: "last line" });
});

test("V8's out-of-memory report arrives, and the primary logs which worker it was", async () => {
  const { running, port } = await start({ NODE_OPTIONS: "--max-old-space-size=32" });
  await get(port, "/memory").catch(() => undefined);
  const { worker } = await ending(running, /ended after .*signal SIG/);
  expect(worker).toEqual(expect.any(Number));
  expect(running.errors).toMatch(/heap out of memory/);
});

test("the lines of a worker that a reload started have the next generation", async () => {
  const { running, port } = await start();
  running.child.kill("SIGUSR2");
  await running.until(() => /generation 2 serves/.test(running.errors), "the end of the reload");
  expect((await get(port, "/throw")).status).toBe(200);
  await running.until(
    () => linesOf(running).some(({ role, generation }) => role === "worker" && generation === 2),
    "a line of a worker of generation 2",
  );
});

test("when stderr is no longer read, workers still exit and are replaced, and the primary runs", async () => {
  const { running, port } = await start();
  running.child.stderr?.destroy();
  expect((await get(port, "/throw")).status).toBe(200);
  expect((await get(port, "/throw")).status).toBe(200);
  await get(port, "/exit").catch(() => undefined);
  expect((await get(port, "/throw")).status).toBe(200);
  expect(running.child.exitCode).toBeNull();
});
