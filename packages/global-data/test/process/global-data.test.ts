/** Real processes use one file: they count together, are killed at any instant, and are stopped during a change. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createParent } from "../_folder.ts";
import { isLinearizable, type Operation } from "../_linearizable.ts";
import { createRandom } from "../_schedule.ts";
import { Client, type Command, type Report } from "./_clients.ts";

const isFull = process.env["PACKETRON_TEST_FULL"] !== undefined;

/** How long others may wait after a process was killed, in microseconds. */
const SECOND = 1_000_000;

describe("processes that count together", () => {
  const [processes, times] = isFull ? [8, 2_000] : [4, 200];

  test(`${processes} of them with ${times} increments each end at exactly ${processes * times}`, {
    timeout: 180_000,
  }, async () => {
    const parent = createParent();
    const clients = Array.from({ length: processes }, () => new Client(parent));
    await Promise.all(
      clients.map((client) => client.perform({ operation: "increment", key: "count", times })),
    );
    for (const client of clients) expect(client.reports).toEqual([{ what: "done" }]);
    expect(await read(clients[0], "count")).toBe(processes * times);
    expect(filesIn(parent)).toEqual(["default.bson"]);
  });
});

test("a process killed at a random instant loses no acknowledged change, and others wait less than a second", {
  timeout: 300_000,
}, async () => {
  const kills = isFull ? 200 : 10;
  const parent = createParent();
  const witness = new Client(parent);
  const random = createRandom(kills);
  let expected = 0;
  let victim = new Client(parent);
  for (let kill = 0; kill < kills; kill++) {
    victim.send({ operation: "increment", key: "count", times: 1_000_000, report: true });
    await victim.until(() => victim.reports.length > 0);
    await delay(random() * 15);
    const next = new Client(parent); // starts while the victim works
    await victim.kill();
    const acknowledged = victim.reports.filter(({ what }) => what === "ended").length;
    expect(victim.reports.filter(({ what }) => what === "failed")).toEqual([]);
    const [, report] = await witness.perform({ operation: "increment", key: "count", report: true });
    const { value, duration } = ended(report);
    // One more change may be done, which the victim could not report any more.
    expect([expected + acknowledged + 1, expected + acknowledged + 2]).toContain(value);
    expect(duration).toBeLessThan(SECOND);
    expected = value;
    victim = next;
  }
  await victim.kill();
  // A new process removes the files that the victims have left.
  await new Client(parent).perform({ operation: "increment", key: "count" });
  expect(filesIn(parent)).toEqual(["default.bson"]);
});

test("the history of processes that read, set, count and are killed is linearizable", {
  timeout: 300_000,
}, async () => {
  const [processes, kills, operations] = isFull ? [8, 60, 400] : [4, 8, 60];
  const parent = createParent();
  const random = createRandom(7);
  const keys = ["a", "b", "c"];
  let values = 1_000_000;
  const all: Client[] = [];
  const running = Array.from({ length: processes }, start);
  for (let kill = 0; kill < kills; kill++) {
    const index = Math.floor(random() * processes);
    const victim = running[index];
    const target = random() * operations;
    await victim?.until(() => victim.reports.length > target);
    await delay(random() * 5);
    await victim?.kill();
    running[index] = start();
  }
  await Promise.all(running.map((client) => client.until(() => count(client, "done") === operations)));
  expect(all.flatMap(({ reports }) => reports.filter(({ what }) => what === "failed"))).toEqual([]);
  for (const key of keys) {
    const history = all.flatMap(({ reports }) => toHistory(reports, key));
    expect(history.length).toBeGreaterThan(operations / 2);
    expect(isLinearizable(history)).toBe(true);
  }

  function start(): Client {
    const client = new Client(parent);
    all.push(client);
    for (let index = 0; index < operations; index++) client.send(randomCommand());
    return client;
  }

  function randomCommand(): Command {
    const key = keys[Math.floor(random() * keys.length)] ?? "a";
    const chance = random();
    if (chance < 0.4) return { operation: "get", key, times: 4, report: true };
    if (chance < 0.9) return { operation: "increment", key, times: 4, report: true };
    return { operation: "set", key, value: (values += 1_000), report: true };
  }
});

test("a process killed while it holds a revision is replaced within a second", async () => {
  const parent = createParent();
  const [holder, other] = [new Client(parent), new Client(parent)];
  await other.perform({ operation: "increment", key: "count" });
  for (let round = 0; round < 2; round++) {
    const victim = round === 0 ? holder : new Client(parent);
    victim.send({ operation: "hold", key: "count", value: 60_000 });
    await victim.until(() => victim.reports.some(({ what }) => what === "holding"));
    await victim.kill();
    const [, report] = await other.perform({ operation: "increment", key: "count", report: true });
    expect(ended(report).value).toBe(round + 2);
    expect(ended(report).duration).toBeLessThan(SECOND);
  }
});

test("a process stopped while it holds a revision makes others fail in time, and finishes when it is continued", async () => {
  const parent = createParent();
  const [holder, other] = [new Client(parent), new Client(parent, { LOCK_TIMEOUT: "300" })];
  await other.perform({ operation: "increment", key: "count" });
  holder.send({ operation: "hold", key: "count", value: 500, report: true });
  await holder.until(() => holder.reports.some(({ what }) => what === "holding"));
  holder.child.kill("SIGSTOP");
  const [, failed] = await other.perform({ operation: "increment", key: "count", report: true });
  expect(failed).toMatchObject({ what: "failed", code: "PKT_GLOBAL_DATA_LOCKED" });
  expect(await read(other, "count")).toBe(1); // readers do not wait
  holder.child.kill("SIGCONT");
  await holder.until(() => holder.reports.some(({ what }) => what === "ended"));
  expect(await read(other, "count")).toBe(2);
  const [, report] = await other.perform({ operation: "increment", key: "count", report: true });
  expect(ended(report).value).toBe(3);
});

async function read(client: Client | undefined, key: string): Promise<unknown> {
  const reports = await client?.perform({ operation: "get", key, report: true });
  const report = reports?.find(({ what }) => what === "ended");
  return report !== undefined && "value" in report ? report.value : undefined;
}

function ended(report: Report | undefined): { value: number; duration: number } {
  if (report?.what !== "ended") throw new Error(`got ${JSON.stringify(report)}`);
  return { value: Number(report.value), duration: (report.ended ?? Infinity) - report.began };
}

function count(client: Client, what: Report["what"]): number {
  return client.reports.filter((report) => report.what === what).length;
}

/** The operations of one process on one key. The last operation may have begun without an end. */
function toHistory(reports: readonly Report[], key: string): Operation[] {
  const history: Operation[] = [];
  for (const [index, report] of reports.entries()) {
    if (report.what !== "began" || report.key !== key || report.operation === "hold") continue;
    const end = reports[index + 1];
    const result = end?.what === "ended" ? end : undefined;
    const value = result?.value ?? report.value;
    history.push({
      kind: report.operation,
      value: typeof value === "number" ? value : null,
      began: report.began,
      ended: result?.ended ?? Infinity,
    });
  }
  return history;
}

function filesIn(parent: string): string[] {
  return readdirSync(join(parent, `.packetroninternal-${process.geteuid?.()}`)).sort();
}
