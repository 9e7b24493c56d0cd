import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hasRedis, TestRedis } from "./_redis.ts";
import { startProgram, type TestProgram } from "./_services.ts";

describe.skipIf(!hasRedis)("the leader of several machines", () => {
  let store: TestRedis;
  beforeAll(async () => {
    store = await TestRedis.start();
  });
  afterAll(() => store.remove());

  test("is one process; when its server stops, another one leads with a larger token", async () => {
    const terms: { program: TestProgram; token: bigint; signal: AbortSignal }[] = [];
    const programs = await Promise.all(
      Array.from({ length: 3 }, () => startProgram({ socket: store.socket })),
    );
    for (const program of programs)
      program.server.onLeader(async (signal, { token }) => {
        terms.push({ program, token, signal });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      });
    await vi.waitFor(() => expect(terms).toHaveLength(1), { timeout: 10_000 });
    await terms[0]?.program.server.stop();
    expect(terms[0]?.signal.aborted).toBe(true);
    await vi.waitFor(() => expect(terms).toHaveLength(2), { timeout: 4_000 });
    expect(terms[1]?.token).toBeGreaterThan(terms[0]?.token ?? 0n);
    expect(terms[1]?.program).not.toBe(terms[0]?.program);
    await Promise.all(programs.map(({ server }) => server.stop()));
  });
});
