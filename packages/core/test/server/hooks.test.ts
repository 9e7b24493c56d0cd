import { expect, test } from "vitest";
import { Hooks } from "../../src/server/hooks.ts";
import { collectLog, makeServer } from "../_server.ts";

test("tasks of onReady() run one after another, those that a task adds included", async () => {
  const hooks = new Hooks();
  const events: string[] = [];
  hooks.onReady(async () => {
    await Promise.resolve();
    events.push("first");
    hooks.onReady(() => events.push("third"));
  });
  hooks.onReady(() => events.push("second"));
  await hooks.runReady();
  expect(events).toEqual(["first", "second", "third"]);
});

test("a task of onReady() that fails stops the tasks after it", async () => {
  const hooks = new Hooks();
  const events: string[] = [];
  hooks.onReady(() => Promise.reject(new Error("no database")));
  hooks.onReady(() => events.push("second"));
  await expect(hooks.runReady()).rejects.toThrow("no database");
  expect(events).toEqual([]);
});

test("onReady() refuses a task that would never run", async () => {
  const hooks = new Hooks();
  await hooks.runReady();
  expect(() => hooks.onReady(() => {})).toThrow(
    expect.objectContaining({ code: "PKT_SERVER_ALREADY_READY" }),
  );
});

test("tasks of onStop() run last in, first out; one that fails is logged, and the others run", async () => {
  const hooks = new Hooks();
  const { logger, lines } = collectLog();
  const events: string[] = [];
  hooks.onStop(() => events.push("first"));
  hooks.onStop(() => {
    throw new Error("synchronous");
  });
  hooks.onStop(() => Promise.reject(new Error("asynchronous")));
  hooks.onStop(async () => {
    await Promise.resolve();
    events.push("last");
  });
  expect(await hooks.runStop(1_000, logger)).toBe(true);
  expect(events).toEqual(["last", "first"]);
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ["error", "an onStop task failed"],
    ["error", "an onStop task failed"],
  ]);
});

test("a task of onStop() that does not end is abandoned after the timeout, together with the remaining tasks", async () => {
  const hooks = new Hooks();
  const { logger, lines } = collectLog();
  const events: string[] = [];
  hooks.onStop(() => events.push("never"));
  hooks.onStop(() => new Promise(() => {}));
  hooks.onStop(() => events.push("last"));
  expect(await hooks.runStop(20, logger)).toBe(false);
  expect(events).toEqual(["last"]);
  expect(lines.map(({ fields }) => fields)).toEqual([{ timeoutMs: 20, left: 1 }]);
});

test("a server runs its tasks around its service: ready before it listens, stopped after the last answer", async () => {
  const { server } = makeServer();
  const events: string[] = [];
  server.onReady(() => events.push(`ready, listening: ${server.address() !== null}`));
  server.onStop(() => events.push("stop"));
  server.on("listening", () => events.push("listening"));
  server.on("draining", (scope) => events.push(`draining ${scope}`));
  server.drainSignal.addEventListener("abort", () => events.push("closing"));
  server.on("stopped", () => events.push("stopped"));
  await server.start();
  await server.stop();
  expect(events).toEqual([
    "ready, listening: false",
    "listening",
    "draining server",
    "closing",
    "stop",
    "stopped",
  ]);
});

test("start() rejects with the error of a task, and nothing listens", async () => {
  const { server } = makeServer();
  server.onReady(() => Promise.reject(new Error("no database")));
  await expect(server.start()).rejects.toThrow("no database");
  expect(server.address()).toBeNull();
});

test("start() rejects when the tasks take longer than readyTimeout", async () => {
  const { server } = makeServer({ readyTimeout: 20 });
  server.onReady(() => new Promise(() => {}));
  await expect(server.start()).rejects.toMatchObject({
    code: "PKT_CLUSTER_NOT_READY",
    message: expect.stringContaining("The server was not ready within 20 ms"),
  });
});

test("a value that is not a function is refused", () => {
  const { server } = makeServer();
  expect(() => Reflect.apply(server.onReady, server, [Promise.resolve()])).toThrow(
    expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
  );
  expect(() => Reflect.apply(server.onStop, server, [undefined])).toThrow(
    expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
  );
});
