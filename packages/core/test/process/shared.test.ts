import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Running } from "./_cluster-child.ts";
import { isLinearizable, type Operation } from "./_history.ts";

const FULL = process.env["PACKETRON_TEST_FULL"] !== undefined;

import type { Call } from "./_fixtures/shared-app.ts";

/** A program with workers that share. */
class Sharing {
  readonly program: Running;
  #lastId = 0;

  constructor(workers: number, history = "") {
    this.program = new Running("_fixtures/shared-app.ts", { WORKERS: String(workers), HISTORY: history });
    this.program.size = workers;
  }

  /** The process ids of the workers, once all of them live. */
  async workers(): Promise<readonly number[]> {
    const { program } = this;
    await program.until(() => program.living().length === program.size, `${program.size} workers`);
    return program.living();
  }

  /** Starts a call in a worker, without its result. */
  begin(pid: number, name: Call["name"], ...args: readonly unknown[]): void {
    this.#lastId += 1;
    this.program.command(JSON.stringify({ id: this.#lastId, pid, name, args }));
  }

  /** Makes a call in a worker, and returns its result. */
  async call(pid: number, name: Call["name"], ...args: readonly unknown[]): Promise<unknown> {
    this.begin(pid, name, ...args);
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
  const sharing = new Sharing(2);
  const [one = 0, other = 0] = await sharing.workers();
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

/** The histories of all keys, from the lines of a file. */
function readHistories(file: string): Operation[][] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const events: Readonly<Record<string, unknown>>[] = lines.map((line) => JSON.parse(line));
  const ends = new Map(events.filter(({ event }) => event === "end").map((end) => [end["id"], end]));
  const byKey = new Map<unknown, Operation[]>();
  for (const start of events.filter(({ event }) => event === "start")) {
    const end = ends.get(start["id"]);
    const { key, kind, value, at } = Object(start);
    const times = { start: BigInt(at), end: end === undefined ? undefined : BigInt(String(end["at"])) };
    const history = byKey.get(key) ?? [];
    byKey.set(key, history);
    history.push({ kind, value, ...times, result: end?.["result"] });
  }
  return [...byKey.values()];
}

test("server.shared is linearizable by key, while workers are killed", { timeout: 120_000 }, async () => {
  const [size, kills, count] = FULL ? [8, 8, 100] : [3, 2, 40];
  const folder = mkdtempSync(join(tmpdir(), "packetron-shared-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "history");
  const sharing = new Sharing(size, file);
  const { program } = sharing;
  for (let kill = 1; kill <= kills; kill++) {
    const workers = await sharing.workers();
    for (const [index, pid] of workers.entries()) sharing.begin(pid, "history", count, index === 0);
    await program.hear("result", {}, (size - 1) * kill);
    await program.until(() => program.workers().length === size + kill, "a new worker");
  }
  const histories = readHistories(file);
  expect(histories).toHaveLength(3);
  for (const history of histories) expect(isLinearizable(history)).toBe(true);
  expect(histories.flat().length).toBe(size * count * kills + kills);
});

test.each<
  [
    isExplained: boolean,
    name: string,
    history: readonly [Operation["kind"], number, number, number?, unknown?][],
  ]
>([
  [
    true,
    "calls one after another",
    [
      ["set", 5, 1, 2, null],
      ["get", 0, 3, 4, 5],
      ["add", 2, 5, 6, 7],
    ],
  ],
  [
    false,
    "a value that is read before it is set",
    [
      ["get", 0, 1, 2, 5],
      ["set", 5, 3, 4, null],
    ],
  ],
  [
    true,
    "a value that is read while it is set",
    [
      ["set", 5, 1, 4, null],
      ["get", 0, 2, 3, 5],
    ],
  ],
  [
    false,
    "a value that disappears",
    [
      ["set", 5, 1, 2, null],
      ["get", 0, 3, 4, 5],
      ["get", 0, 5, 6, null],
    ],
  ],
  [
    false,
    "an increment that is lost",
    [
      ["add", 1, 1, 4, 1],
      ["update", 0, 2, 3, 1],
    ],
  ],
  [
    true,
    "a call without an end that has taken effect",
    [
      ["set", 5, 1],
      ["get", 0, 2, 3, null],
      ["get", 0, 4, 5, 5],
    ],
  ],
  [
    false,
    "a call without an end that had not begun",
    [
      ["get", 0, 1, 2, 5],
      ["set", 5, 3],
    ],
  ],
  [
    false,
    "a key that is deleted twice",
    [
      ["add", 1, 1, 2, 1],
      ["delete", 0, 3, 6, true],
      ["delete", 0, 4, 5, true],
    ],
  ],
])("the checker says %s for %s", (isExplained, _name, history) => {
  const operations = history.map(([kind, value, start, end, result]) => ({
    ...{ kind, value, start: BigInt(start), result },
    end: end === undefined ? undefined : BigInt(end),
  }));
  expect(isLinearizable(operations)).toBe(isExplained);
});
