import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { startProxy } from "./_proxy.ts";
import { hasRedis, TestRedis } from "./_redis.ts";
import { startProgram, type TestProgram } from "./_services.ts";

/** Collects the texts that a program hears, by sender. */
function collect({ services }: TestProgram): { readonly texts: string[]; readonly programs: Set<string> } {
  const texts: string[] = [];
  const programs = new Set<string>();
  services.bus.listen((topic, bytes, { program }) => {
    if (topic !== "t") return;
    texts.push(Buffer.from(bytes).toString());
    programs.add(program);
  });
  return { texts, programs };
}

function publish({ services }: TestProgram, name: string, from: number, to: number): void {
  for (let number = from; number < to; number++) services.bus.publish("t", Buffer.from(`${name}${number}`));
}

function sequence(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${name}${number}`);
}

/** The texts of one sender, in the order in which they were heard. */
function from(name: string, texts: readonly string[]): string[] {
  return texts.filter((text) => text.startsWith(name));
}

describe.skipIf(!hasRedis)("messages to other machines", () => {
  let store: TestRedis;
  const programs: TestProgram[] = [];
  const start = async (socket: string): Promise<TestProgram> => {
    const program = await startProgram({ socket });
    programs.push(program);
    return program;
  };
  beforeAll(async () => {
    store = await TestRedis.start();
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map(({ server }) => server.stop()));
  });
  afterAll(() => store.remove());

  test("reach each listener once and in order, while connections are cut again and again", async () => {
    const count = 600;
    const proxies = [await startProxy(store.socket, "a.sock"), await startProxy(store.socket, "b.sock")];
    const [one, two] = await Promise.all(proxies.map(({ socket }) => start(socket)));
    const three = await start(store.socket);
    if (one === undefined || two === undefined) throw new Error("no program");
    const heard = [one, two, three].map(collect);
    for (let sent = 0; sent < count; sent += 100) {
      publish(one, "a", sent, sent + 100);
      publish(two, "b", sent, sent + 100);
      for (const proxy of proxies) proxy.cut();
      await pause(20);
    }
    await vi.waitFor(
      () => expect(heard.map(({ texts }) => texts.length)).toEqual([2 * count, 2 * count, 2 * count]),
      {
        timeout: 10_000,
      },
    );
    for (const { texts, programs } of heard) {
      expect(from("a", texts)).toEqual(sequence("a", count));
      expect(from("b", texts)).toEqual(sequence("b", count));
      expect(programs.size).toBe(2);
    }
    await Promise.all([one.server.stop(), two.server.stop()]);
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  test("are kept while Redis is down, and heard at home at once", async () => {
    const [one, two] = [await start(store.socket), await start(store.socket)];
    const [home, away] = [collect(one), collect(two)];
    await store.kill();
    publish(one, "a", 0, 50);
    await vi.waitFor(() => expect(home.texts).toEqual(sequence("a", 50)), { timeout: 10_000 });
    expect(away.texts).toEqual([]);
    await store.start();
    await vi.waitFor(() => expect(away.texts).toEqual(sequence("a", 50)), { timeout: 3_000 });
    publish(one, "b", 0, 1);
    await vi.waitFor(() => expect(away.texts.at(-1)).toBe("b0"), { timeout: 10_000 });
  });

  test("beyond 1 MiB are dropped while Redis is down, the oldest first, with one log line", async () => {
    const [one, two] = [await start(store.socket), await start(store.socket)];
    const away: number[] = [];
    two.services.bus.listen((_topic, [first = -1]) => away.push(first));
    await store.kill();
    await vi.waitFor(() => expect(one.services.state).toBe("down"), { timeout: 2_000 });
    for (let number = 0; number < 6; number++)
      one.services.bus.publish("big", new Uint8Array(300_000).fill(number));
    await vi.waitFor(() => expect(one.lines.filter((line) => line.includes("dropped"))).toHaveLength(1), {
      timeout: 10_000,
    });
    await store.start();
    await vi.waitFor(() => expect(away).toEqual([3, 4, 5]), { timeout: 3_000 });
    expect(one.lines.filter((line) => line.includes("dropped"))).toHaveLength(1);
  });

  test("that were sent before a program began are not heard by it", async () => {
    const one = await start(store.socket);
    const before = collect(one);
    publish(one, "early", 0, 5);
    await vi.waitFor(() => expect(before.texts).toHaveLength(5), { timeout: 10_000 });
    await pause(50); // until they are in the stream
    const two = await start(store.socket);
    const after = collect(two);
    publish(one, "late", 0, 5);
    await vi.waitFor(() => expect(after.texts).toEqual(sequence("late", 5)), { timeout: 10_000 });
  });
});
