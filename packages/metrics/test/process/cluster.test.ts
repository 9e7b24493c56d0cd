import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  Clients,
  type Cluster,
  connectToBoth,
  fetchText,
  readCounters,
  readSamples,
  reload,
  startCluster,
} from "./_cluster.ts";

const isFull = process.env["PACKETRON_TEST_FULL"] !== undefined;
const REQUESTS = isFull ? 100_000 : 6_000;
const KILLS = isFull ? 10 : 2;
const RELOADS = isFull ? 3 : 1;
const WORKERS = 4;

/** What a killed worker may have counted since its last report: a second, and what its timer is late on a busy machine. */
const LAST_SECOND = 1_500;

const COUNT = `http_server_request_duration_seconds_count{http_request_method="GET",http_route="/count",http_response_status_code="200"}`;

/** Scrapes again and again, and keeps each value of a counter that is less than the one before. */
class Scrapes {
  readonly fallen: string[] = [];
  count = 0;
  #last = new Map<string, number>();
  #isOver = false;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      const text = await fetchText(this.#port, "/metrics").catch(() => null); // its worker was killed
      if (text !== null) this.#compare(text);
      await pause(isFull ? 100 : 50);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  #compare(text: string): void {
    this.count++;
    const counters = readCounters(text);
    const samples = readSamples(text);
    for (const [sample, value] of this.#last) {
      const name = sample.replace(/\{.*/, "").replace(/_(?:bucket|sum|count)$/, "");
      const isCounter = counters.has(name) || counters.has(sample.replace(/\{.*/, ""));
      if (isCounter && (samples.get(sample) ?? 0) < value)
        this.fallen.push(`${sample}: ${value} -> ${samples.get(sample)}`);
    }
    this.#last = samples;
  }
}

/** Kills workers that have answered, one after another, and reloads in between. Returns when each was killed. */
async function disturb(cluster: Cluster, clients: Clients): Promise<Map<string, number>> {
  const killed = new Map<string, number>();
  const steps = KILLS + RELOADS;
  for (let step = 1; step <= steps; step++) {
    await expect
      .poll(() => clients.total, { timeout: 120_000 })
      .toBeGreaterThan((step * REQUESTS) / (steps + 2));
    if (step % Math.floor(steps / RELOADS) === 0) {
      expect(await reload(cluster)).toMatchObject({ ok: true });
      continue;
    }
    const pid = newest(clients, killed);
    killed.set(pid, performance.now());
    process.kill(Number(pid), "SIGKILL");
  }
  return killed;
}

/** The process with the latest answer of those that were not killed. */
function newest({ seen }: Clients, killed: ReadonlyMap<string, number>): string {
  const alive = [...seen].filter(([pid]) => !killed.has(pid));
  const [found] = alive.toSorted(([, one], [, other]) => (other.at(-1) ?? 0) - (one.at(-1) ?? 0));
  if (found === undefined) throw new Error("no worker has answered");
  return found[0];
}

test("kills and reloads lose nothing but the last second of a killed worker, and each count only grows", async () => {
  const cluster = await startCluster(WORKERS);
  const clients = new Clients(cluster.port, 16);
  const scrapes = new Scrapes(cluster.port);
  const scraping = scrapes.run();
  const [killed] = await Promise.all([disturb(cluster, clients), clients.run(REQUESTS)]);
  await clients.run(REQUESTS / 20); // by the workers of the last generation
  scrapes.end();
  await scraping;

  const samples = readSamples(await fetchText(cluster.port, "/metrics"));
  let mayMiss = 0;
  for (const [pid, times] of clients.seen) {
    const counted = samples.get(`answered_total{pid="${pid}"}`) ?? 0;
    const killedAt = killed.get(pid);
    if (killedAt === undefined) {
      expect({ pid, counted }).toEqual({ pid, counted: times.length });
      continue;
    }
    const recent = times.filter((time) => time > killedAt - LAST_SECOND).length;
    mayMiss += recent;
    expect(counted).toBeGreaterThanOrEqual(times.length - recent);
    // Its clients may have missed an answer each, which it had counted.
    expect(counted).toBeLessThanOrEqual(times.length + clients.size);
  }
  const counted = samples.get(COUNT) ?? 0;
  expect(counted).toBeGreaterThanOrEqual(clients.total - mayMiss);
  expect(counted).toBeLessThanOrEqual(clients.total + clients.broken);
  expect(samples.get("packetron_worker_restarts_total")).toBe(KILLS);
  expect(samples.get("packetron_generation")).toBe(1 + RELOADS);
  expect(clients.seen.size).toBeGreaterThan(WORKERS);
  expect(scrapes.count).toBeGreaterThan(isFull ? 100 : 5);
  expect(scrapes.fallen).toEqual([]);
}, 300_000);

test("a worker that does not answer is marked, its last values count, and process.exit() loses nothing", async () => {
  const cluster = await startCluster(2);
  await clientsOf(cluster, 200);
  const [free, busy] = await connectToBoth(cluster.port);
  const scrape = async (): Promise<Map<string, number>> =>
    readSamples(await fetchText(cluster.port, "/metrics", { agent: free }));
  const staleness = async (): Promise<unknown> => {
    const samples = await scrape();
    const stale = [1, 2].map((worker) => samples.get(`packetron_worker_stale{worker="${worker}"}`) ?? 0);
    return { stale: stale.toSorted(), counted: samples.get(COUNT) };
  };
  expect(await staleness()).toEqual({ stale: [0, 0], counted: 200 });
  const blocked = fetchText(cluster.port, "/block/1500", { agent: busy });
  await expect.poll(staleness, { timeout: 1_400 }).toEqual({ stale: [0, 1], counted: 200 });
  await blocked;
  expect(await staleness()).toEqual({ stale: [0, 0], counted: 200 });

  await clientsOf(cluster, 100);
  await expect(fetchText(cluster.port, "/exit")).rejects.toThrow();
  await expect
    .poll(async () =>
      readSamples(await fetchText(cluster.port, "/metrics")).get("packetron_worker_restarts_total"),
    )
    .toBe(1);
  expect(readSamples(await fetchText(cluster.port, "/metrics")).get(COUNT)).toBe(300);
}, 60_000);

async function clientsOf({ port }: Cluster, requests: number): Promise<void> {
  await new Clients(port, 4).run(requests);
}

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

test.skipIf(!hasPromtool)("promtool finds nothing wrong in the text of a cluster", async () => {
  const cluster = await startCluster(2);
  await clientsOf(cluster, 20);
  const text = await fetchText(cluster.port, "/metrics");
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  const ended = once(cluster.child, "exit");
  cluster.child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});
