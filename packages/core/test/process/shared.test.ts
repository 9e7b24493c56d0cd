import { expect, test } from "vitest";
import { Running } from "./_cluster-child.ts";
import type { Call } from "./_fixtures/shared-app.ts";

/** A program with two workers that share. */
class Sharing {
  readonly program: Running = new Running("_fixtures/shared-app.ts", {});
  #lastId = 0;

  async workers(): Promise<readonly [number, number]> {
    this.program.size = 2;
    await this.program.until(() => this.program.living().length === 2, "two workers");
    const [one = 0, other = 0] = this.program.living();
    return [one, other];
  }

  /** Makes a call in a worker, and returns its result. */
  async call(pid: number, name: Call["name"], ...args: readonly unknown[]): Promise<unknown> {
    this.#lastId += 1;
    this.program.command(JSON.stringify({ id: this.#lastId, pid, name, args }));
    const [line] = await this.program.hear("result", { id: this.#lastId });
    expect(line?.["error"]).toBeUndefined();
    return line?.["value"];
  }

  /** Acquires a lock as soon as it is free, and returns its token. */
  async acquire(pid: number, name: string, ttl: number): Promise<bigint> {
    for (;;) {
      const token = await this.call(pid, "acquire", name, ttl);
      if (typeof token === "string") return BigInt(token);
    }
  }
}

test("workers share limits, data and locks; a killed worker loses its locks, and a stopped one at their end", {
  timeout: 60_000,
}, async () => {
  const sharing = new Sharing();
  const [one, other] = await sharing.workers();
  expect(await sharing.call(one, "take", "limit", 3)).toBe(3);
  expect(await sharing.call(other, "take", "limit", 3)).toBe(2);
  expect(await sharing.call(one, "take", "limit", 3)).toBe(0);
  expect(await sharing.call(one, "add", "n", 1)).toBe(1);

  // The lock of a killed worker is free once the primary sees its death, long before its end.
  const first = await sharing.acquire(one, "job", 3_600_000);
  expect(await sharing.call(other, "acquire", "job", 3_600_000)).toBeNull();
  process.kill(one, "SIGKILL");
  const second = await sharing.acquire(other, "job", 3_600_000);
  expect(second > first).toBe(true);

  // The data outlives the worker, and a new worker shares at once.
  await sharing.program.until(() => sharing.program.workers().length === 3, "a new worker");
  const next = sharing.program.workers().at(-1) ?? 0;
  expect(await sharing.call(next, "add", "n", 1)).toBe(2);

  // The lock of a stopped worker ends, and it learns so when it goes on.
  const third = await sharing.acquire(next, "paused job", 500);
  process.kill(next, "SIGSTOP");
  const fourth = await sharing.acquire(other, "paused job", 3_600_000);
  process.kill(next, "SIGCONT");
  expect(fourth > third).toBe(true);
  expect(await sharing.call(next, "renew", "paused job")).toBe(false);
});
