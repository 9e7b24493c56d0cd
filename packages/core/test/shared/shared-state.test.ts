import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Lock, SharedServices } from "../../src/capability/shared-services.ts";
import { createDeferred } from "../../src/node/deferred.ts";
import { SharedState } from "../../src/shared/shared-state.ts";
import { startServer } from "../_server.ts";
import { TestProgram } from "./_processes.ts";

const coded = (code: string, message = ""): object =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

/** The shared values of several workers of one program. */
function makeStates(count: number): SharedState[] {
  const program = new TestProgram();
  return Array.from({ length: count }, () => new SharedState(program.worker()));
}

function makeState(): SharedState {
  return new SharedState(new TestProgram().local());
}

afterEach(() => void vi.useRealTimers());

describe("a shared value", () => {
  test.each([
    ["null", null],
    ["a text", "text"],
    ["an empty text", ""],
    ["true", true],
    ["0", 0],
    ["-0", -0],
    ["a fraction", -1.5e-7],
    ["a large number", 1e300],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
    ["a bigint", 2n ** 70n],
    ["a date", new Date(0)],
    ["a map", new Map([["a", new Set([1])]])],
    ["an array", [1, "2", { three: 3 }]],
    ["bytes", new Uint8Array([0, 255])],
  ])("is read as it was set by another process: %s", async (_name, value) => {
    const [one, other] = makeStates(2);
    await one?.set("k", value);
    expect(await other?.get("k")).toEqual(value);
  });

  test("does not exist before it is set and after it is deleted", async () => {
    const [one, other] = makeStates(2);
    expect(await one?.get("k")).toBeUndefined();
    await one?.set("k", 1);
    expect(await other?.delete("k")).toBe(true);
    expect(await one?.delete("k")).toBe(false);
    expect(await one?.get("k")).toBeUndefined();
  });

  test("ends by its ttl", async () => {
    const state = makeState();
    await state.set("k", 1, { ttl: 20 });
    await vi.waitFor(async () => expect(await state.get("k")).toBeUndefined());
  });

  test("that is a number can be added to", async () => {
    const [one, other] = makeStates(2);
    await one?.set("n", 40);
    expect(await other?.add("n", 1)).toBe(41);
    expect(await one?.add("n", 1)).toBe(42);
    expect(await other?.get("n")).toBe(42);
    await one?.set("n", "text");
    await expect(other?.add("n", 1)).rejects.toThrow(coded("PKT_SHARED_NOT_NUMBER", "Use a key of its own"));
  });

  test("of a later version is refused", async () => {
    const services = new TestProgram().local();
    await services.store.set("k", Buffer.of(2, 0));
    await expect(new SharedState(services).get("k")).rejects.toThrow(
      coded("PKT_SHARED_UNAVAILABLE", "another version"),
    );
  });

  test.each<[string, (state: SharedState) => unknown, string, string]>([
    ["an empty key", (state) => state.get(""), "PKT_OPTION_INVALID", '"key": got ""'],
    [
      "a long key",
      (state) => state.delete("k".repeat(600)),
      "PKT_OPTION_INVALID",
      "600 bytes, expected a text of 1 to 512 bytes; hash",
    ],
    ["undefined", (state) => state.set("k", undefined), "PKT_OPTION_INVALID", "call delete()"],
    ["a function", (state) => state.set("k", { run: () => 1 }), "PKT_OPTION_INVALID", "no functions"],
    [
      "1 MiB of text",
      (state) => state.set("k", "x".repeat(2 ** 20)),
      "PKT_OPTION_INVALID",
      "share a part of it",
    ],
    ["a ttl of 0", (state) => state.set("k", 1, { ttl: 0 }), "PKT_OPTION_INVALID", '"ttl": got 0'],
    [
      "a misspelt option",
      (state) => Reflect.apply(state.set, state, ["k", 1, { tll: 1 }]),
      "PKT_OPTION_UNKNOWN",
      'Did you mean "ttl"',
    ],
    [
      "a number as options",
      (state) => Reflect.apply(state.add, state, ["k", 1, 60_000]),
      "PKT_OPTION_INVALID",
      "{ ttl: 60_000 }",
    ],
    [
      "a text to add",
      (state) => Reflect.apply(state.add, state, ["k", "1"]),
      "PKT_OPTION_INVALID",
      "a finite number",
    ],
    [
      "a value to update",
      (state) => Reflect.apply(state.update, state, ["k", 1]),
      "PKT_OPTION_INVALID",
      "a function (value)",
    ],
    [
      "an update without a result",
      (state) => state.update("k", () => undefined),
      "PKT_OPTION_INVALID",
      "call delete()",
    ],
    [
      "a lock without a task",
      (state) => Reflect.apply(state.lock, state, ["job", {}]),
      "PKT_OPTION_INVALID",
      "a function (signal, token)",
    ],
    [
      "a lock that waits NaN",
      (state) => state.lock("job", () => 1, { wait: Number.NaN }),
      "PKT_OPTION_INVALID",
      '"wait"',
    ],
  ])("is refused as a mistake: %s", async (_name, call, code, message) => {
    await expect(call(makeState())).rejects.toThrow(coded(code, message));
  });
});

describe("update()", () => {
  test("loses no change of several processes", async () => {
    const states = makeStates(4);
    const changes = states.flatMap((state) =>
      Array.from({ length: 25 }, () => state.update<number>("n", (value = 0) => value + 1)),
    );
    const results = await Promise.all(changes);
    expect(await states[0]?.get("n")).toBe(100);
    expect(new Set(results).size).toBe(100);
  });

  test("runs the changes of one process one after another", async () => {
    const state = makeState();
    let running = 0;
    const change = async (list: number[] = []): Promise<number[]> => {
      running += 1;
      expect(running).toBe(1);
      await pause(1);
      running -= 1;
      return [...list, list.length];
    };
    await Promise.all(Array.from({ length: 10 }, () => state.update<number[]>("list", change)));
    expect(await state.get("list")).toEqual([...Array(10).keys()]);
  });

  test("keeps the value when the change throws, and goes on with the next one", async () => {
    const state = makeState();
    await state.set("k", "kept");
    const failing = state.update("k", () => {
      throw new Error("no");
    });
    const next = state.update("k", (value) => `${value}, changed`);
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("kept, changed");
  });

  test("gives up after 5 seconds in which others came first", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { store, ...services } = new TestProgram().local();
    const busy: SharedServices = { ...services, state: "up", store: { ...store, set: async () => null } };
    const change = vi.fn(() => {
      vi.advanceTimersByTime(1_000);
      return 1;
    });
    await expect(new SharedState(busy).update("k", change)).rejects.toThrow(
      coded("PKT_SHARED_BUSY", "after 6 attempts in 5000 ms"),
    );
    expect(change).toHaveBeenCalledTimes(6);
  });

  test("gives up after 5 seconds behind a change of its process that does not end", async () => {
    vi.useFakeTimers();
    const state = makeState();
    void state.update("k", () => new Promise(() => undefined));
    const settled = vi.fn();
    state.update("k", () => 1).catch(settled);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(settled).toHaveBeenCalledWith(coded("PKT_SHARED_BUSY", "in the queue of this process"));
  });
});

describe("lock()", () => {
  test("runs one task at a time in all processes, with tokens that grow, and returns its result", async () => {
    const states = makeStates(3);
    const tokens: bigint[] = [];
    let running = 0;
    const work = async (_signal: AbortSignal, token: bigint): Promise<string> => {
      running += 1;
      expect(running).toBe(1);
      tokens.push(token);
      await pause(1);
      running -= 1;
      return "done";
    };
    const results = await Promise.all(
      states.flatMap((state) => [state.lock("job", work), state.lock("job", work)]),
    );
    expect(results).toEqual(Array(6).fill("done"));
    expect(tokens.every((token, index) => index === 0 || token > (tokens[index - 1] ?? token))).toBe(true);
  });

  test("is free again after a task that throws", async () => {
    const [one, other] = makeStates(2);
    const failing = one?.lock("job", () => {
      throw new Error("broken");
    });
    await expect(failing).rejects.toThrow("broken");
    expect(await other?.lock("job", () => 7, { wait: 0 })).toBe(7);
  });

  test("rejects when it is not free in time, in the same process and in another one", async () => {
    const [one, other] = makeStates(2);
    const holding = one?.lock("job", (signal) => pause(300, undefined, { signal }));
    for (const state of [one, other])
      for (const wait of [0, 30])
        await expect(state?.lock("job", () => 1, { wait })).rejects.toThrow(
          coded("PKT_SHARED_LOCK_TIMEOUT", `not free within ${wait} ms`),
        );
    await holding;
    expect(await other?.lock("job", () => 1)).toBe(1);
  });

  test("outlives its ttl while the task runs", async () => {
    const [one, other] = makeStates(2);
    const finish = createDeferred<void>();
    const holding = one?.lock("job", (signal) => finish.promise.then(() => signal.aborted), { ttl: 1_000 });
    await expect(other?.lock("job", () => 1, { wait: 2_000 })).rejects.toThrow(
      coded("PKT_SHARED_LOCK_TIMEOUT"),
    );
    finish.resolve();
    expect(await holding).toBe(false);
  });

  /** The services of a store whose locks are not renewed. */
  function losing(renew: Lock["renew"]): SharedServices {
    const services = new TestProgram().local();
    const lock = {
      token: 7n,
      until: performance.now() + 1_000,
      renew,
      release: vi.fn(async () => undefined),
    };
    const { leases, bus, store } = services;
    return { scope: "everywhere", state: "up", leases, bus, store, locks: { acquire: async () => lock } };
  }

  test.each<[string, Lock["renew"], number]>([
    ["another process has it", async () => false, 334],
    ["the store is down, before it ends", () => Promise.reject(new Error("down")), 901],
  ])("aborts the signal when %s", async (_name, renew, time) => {
    vi.useFakeTimers();
    const aborted = vi.fn();
    const done = new SharedState(losing(renew)).lock(
      "job",
      (signal) =>
        new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => {
            aborted(signal.reason);
            resolve();
          }),
        ),
      { ttl: 1_000 },
    );
    await vi.advanceTimersByTimeAsync(time - 5);
    expect(aborted).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10);
    expect(aborted).toHaveBeenCalledWith(coded("PKT_SHARED_UNAVAILABLE", 'lock("job")'));
    await done;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects at once when the store is down", async () => {
    const { leases, bus, store } = new TestProgram().local();
    const locks = { acquire: () => Promise.reject(new Error("down")) };
    const down = new SharedState({ scope: "everywhere", state: "down", leases, bus, store, locks });
    await expect(down.lock("job", () => 1)).rejects.toThrow("down");
  });
});

test("server.shared works in a request of inject(), without start()", async () => {
  const { Packetron } = await import("../../src/index.ts");
  const server = new Packetron({ maxThreads: 1 });
  server.handle({
    routePath: "visits",
    handler: async (_request, response) => response.sendJson(await server.shared.add("visits", 1)),
  });
  await server.inject({ path: "visits" });
  expect((await server.inject({ path: "visits" })).json()).toBe(2);
  expect(await server.shared.get("visits")).toBe(2);
});

test("an error of server.shared that the handler lets through is a 503", async () => {
  const { server } = await startServer(undefined, { sharedMemoryLimit: 0 });
  server.handle({ routePath: "full", handler: () => server.shared.set("k", 1) });
  const answer = await fetch(`http://127.0.0.1:${server.port}/full`);
  expect(answer.status).toBe(503);
});
