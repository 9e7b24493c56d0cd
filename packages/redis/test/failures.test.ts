import { isPacketronError } from "@packetron/core";
import type { SharedServices } from "@packetron/core/capability";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startProxy } from "./_proxy.ts";
import { hasRedis, TestRedis } from "./_redis.ts";
import { createProgram, startProgram, type TestProgram } from "./_services.ts";

const policy = { limit: 1_000, window: 1_000, burst: 1_000 };
/** How much later than its deadline a call may end on a busy machine, in milliseconds. */
const SLACK = 1_500;

/** Each call that needs an answer, with its deadline in milliseconds. */
const calls = [
  ["take()", 50, ({ leases }: SharedServices) => leases.take("k", policy, 1)],
  ["get()", 250, ({ store }: SharedServices) => store.get("k")],
  ["set()", 250, ({ store }: SharedServices) => store.set("k", new Uint8Array(1))],
  ["add()", 250, ({ store }: SharedServices) => store.add("n", 1)],
  ["delete()", 250, ({ store }: SharedServices) => store.delete("k")],
  ["acquire()", 1_000, ({ locks }: SharedServices) => locks.acquire("l", 1_000)],
] as const;

/** Makes each call at once, and asserts that it rejects within its deadline. */
async function expectFailures(services: SharedServices, limit?: number): Promise<void> {
  const began = performance.now();
  await Promise.all(
    calls.map(async ([name, deadline, call]) => {
      const error: unknown = await call(services).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const took = performance.now() - began;
      expect(isPacketronError(error, "PKT_SHARED_UNAVAILABLE"), `${name}: ${String(error)}`).toBe(true);
      expect(took, `${name} took ${took} ms`).toBeLessThan((limit ?? deadline) + SLACK);
    }),
  );
}

/** Waits until the services answer again. */
async function expectRecovery({ services }: TestProgram): Promise<void> {
  await vi.waitFor(() => expect(services.state).toBe("up"), { timeout: 5_000, interval: 10 });
  await vi.waitFor(() => Promise.all(calls.map(([, , call]) => call(services))), { timeout: 5_000 });
}

describe.skipIf(!hasRedis)("with a redis-server that fails", () => {
  let store: TestRedis;
  let program: TestProgram;
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => void rejections.push(reason);
  beforeAll(() => void process.on("unhandledRejection", note));
  afterAll(() => void process.off("unhandledRejection", note));
  beforeEach(async () => {
    store = await TestRedis.start();
  });
  afterEach(async () => {
    await program.server.stop();
    await store.remove();
    expect(rejections).toEqual([]);
  });

  test("killed: calls reject at once, and work again when it runs, empty, with a log line each", async () => {
    program = await startProgram({ socket: store.socket });
    const { services, lines } = program;
    const version = await services.store.set("k", new Uint8Array(1));
    const lock = await services.locks.acquire("l", 60_000);
    await store.kill();
    await vi.waitFor(() => expect(services.state).toBe("down"), { timeout: 2_000 });
    await expectFailures(services, 0);
    services.bus.publish("t", new Uint8Array(1));
    await store.start();
    await expectRecovery(program);
    expect(await services.store.set("other", new Uint8Array(1), { ifVersion: 0n })).toBeGreaterThan(
      version ?? 0n,
    );
    const next = await services.locks.acquire("m", 1_000);
    expect(next?.token).toBeGreaterThan(lock?.token ?? 0n);
    const states = lines.filter((line) => line.includes("Limits, locks and data"));
    expect(states.map((line) => line.split(".", 1)[0])).toEqual([
      "warn: Redis does not answer",
      "info: Redis answers again",
    ]);
  });

  test("frozen: each call ends at its deadline, then at once, and all work when it goes on", async () => {
    program = await startProgram({ socket: store.socket });
    await program.services.store.get("k");
    store.freeze();
    await expectFailures(program.services);
    expect(program.services.state).toBe("down");
    await expectFailures(program.services, 0);
    store.thaw();
    await expectRecovery(program);
  });

  test("too slow: calls reject, and those whose deadline is longer than the delay work", async () => {
    const proxy = await startProxy(store.socket);
    program = await startProgram({ socket: proxy.socket });
    await program.services.store.get("k");
    proxy.mode.delay = 1_000;
    await expect(program.services.leases.take("k", policy, 1)).rejects.toThrow("within 50 ms");
    proxy.mode.delay = 60;
    // On a busy machine an answer may arrive after the deadline of 250 ms all the same.
    await vi.waitFor(() => program.services.store.get("k"), { timeout: 10_000 });
    proxy.mode.delay = 0;
    await expectRecovery(program);
    await program.server.stop();
    await proxy.close();
  });

  test("a lock that is granted too late is released", async () => {
    const proxy = await startProxy(store.socket);
    program = await startProgram({ socket: proxy.socket }, { firstProbe: 100, maxProbe: 100, ping: 60_000 });
    const other = await startProgram({ socket: store.socket });
    await program.services.locks.acquire("m", 60_000);
    proxy.mode.delay = 1_200;
    await expect(program.services.locks.acquire("l", 60_000)).rejects.toThrow("within 1000 ms");
    expect(await other.services.locks.acquire("l", 60_000)).toBeNull();
    proxy.mode.delay = 0;
    await vi.waitFor(async () => expect(await other.services.locks.acquire("l", 60_000)).not.toBeNull(), {
      timeout: 3_000,
    });
    await Promise.all([program.server.stop(), other.server.stop()]);
    await proxy.close();
  });

  test("a connection that is closed is opened again at once, and no call more is lost", async () => {
    const proxy = await startProxy(store.socket);
    program = await startProgram({ socket: proxy.socket });
    await new Promise((resolve) => setTimeout(resolve, 1_050)); // a connection that ends sooner counts as a failure
    proxy.cut();
    await vi.waitFor(() => program.services.store.add("n", 1), { timeout: 500, interval: 5 });
    expect(program.lines.filter((line) => line.includes("Redis"))).toEqual([]);
    await program.server.stop();
    await proxy.close();
  });

  test("a connection whose other end has vanished is found by pings, without a call", async () => {
    const proxy = await startProxy(store.socket);
    program = await startProgram({ socket: proxy.socket });
    proxy.mode.isMute = true;
    await vi.waitFor(() => expect(program.services.state).toBe("down"), { timeout: 3_000 });
    proxy.mode.isMute = false;
    await expectRecovery(program);
    await program.server.stop();
    await proxy.close();
  });

  test("not running at the start: start() rejects, and with required: false the server serves", async () => {
    await store.kill();
    program = createProgram({ socket: store.socket });
    await expect(program.server.start()).rejects.toThrow(
      expect.objectContaining({ code: "PKT_REDIS_CONNECT", message: expect.stringContaining(store.socket) }),
    );
    program = await startProgram({ socket: store.socket, required: false });
    await expectFailures(program.services, 0);
    await store.start();
    await expectRecovery(program);
  });

  test("a server that was not started connects at its first call", async () => {
    const proxy = await startProxy(store.socket);
    program = createProgram({ socket: proxy.socket });
    await new Promise((resolve) => setImmediate(resolve));
    expect(proxy.connections()).toBe(0);
    expect(await program.services.store.add("n", 1)).toBe(1);
    expect(proxy.connections()).toBe(1);
    await program.server.stop();
    await proxy.close();
  });

  test("a first lease waits for the connection, also when that takes longer than its deadline", async () => {
    const proxy = await startProxy(store.socket);
    proxy.mode.delay = 40; // the handshake has several answers
    program = createProgram({ socket: proxy.socket });
    const began = performance.now();
    expect((await program.services.leases.take("k", policy, 1)).granted).toBe(1);
    expect(performance.now() - began).toBeGreaterThan(70);
    await program.server.stop();
    await proxy.close();
  });
});
