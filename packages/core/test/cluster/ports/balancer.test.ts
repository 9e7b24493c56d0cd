import * as fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  Balancer,
  type BalancerRule,
  type ConnectionOwner,
  MAX_QUEUED,
} from "../../../src/cluster/ports/balancer.ts";
import { type ConnectionTarget, WINDOW } from "../../../src/cluster/ports/worker-slot.ts";

const TIMEOUT = 5_000;

/** A worker that takes what it is given and acknowledges when the test says so. */
class FakeWorker implements ConnectionTarget<string> {
  readonly name: string;
  readonly slot: number;
  readonly got: [number: number, connection: string][] = [];

  constructor(name: string, slot: number) {
    this.name = name;
    this.slot = slot;
  }

  handOver(number: number, connection: string): void {
    this.got.push([number, connection]);
  }

  get connections(): string[] {
    return this.got.map(([, connection]) => connection);
  }
}

/** A balancer with workers, and what became of its connections. */
class Desk implements ConnectionOwner<string> {
  readonly released: string[] = [];
  readonly discarded: string[] = [];
  readonly balancer: Balancer<string>;
  #slots = 0;

  constructor(rule: BalancerRule = "least-connections") {
    this.balancer = new Balancer(this, rule, TIMEOUT);
  }

  /** "client/7" is the seventh connection of a client. */
  clientOf(connection: string): string {
    return connection.split("/")[0] ?? "";
  }

  release(connection: string): void {
    this.released.push(connection);
  }

  discard(connection: string): void {
    this.discarded.push(connection);
  }

  hire(name: string, slot = ++this.#slots): FakeWorker {
    const worker = new FakeWorker(name, slot);
    this.balancer.add(worker);
    return worker;
  }

  arrive(...connections: string[]): void {
    for (const connection of connections) this.balancer.assign(connection);
  }

  /** The worker acknowledges everything that it was given. */
  acknowledge(worker: FakeWorker, closed = 0): void {
    for (const [number] of worker.got) this.balancer.acknowledge(worker, number, closed);
  }
}

test("ties rotate over the workers", () => {
  const desk = new Desk();
  const workers = ["a", "b", "c"].map((name) => desk.hire(name));
  desk.arrive("1", "2", "3", "4", "5", "6");
  expect(workers.map((worker) => worker.got.length)).toEqual([2, 2, 2]);
});

test("the worker with the fewest open connections is next", () => {
  const desk = new Desk();
  const [a, b] = [desk.hire("a"), desk.hire("b")];
  desk.arrive("1", "2", "3", "4");
  desk.acknowledge(a);
  desk.acknowledge(b);
  desk.balancer.reportClosed(b, 2);
  desk.arrive("5", "6");
  expect([a.got.length, b.got.length]).toEqual([2, 4]);
});

test("round robin ignores how many are open", () => {
  const desk = new Desk("round-robin");
  const [a, b] = [desk.hire("a"), desk.hire("b")];
  desk.arrive("1", "2");
  desk.acknowledge(b, 1);
  desk.arrive("3", "4");
  expect([a.got.length, b.got.length]).toEqual([2, 2]);
});

test("connections wait for the first worker, in order", () => {
  const desk = new Desk();
  desk.arrive("1", "2", "3");
  expect(desk.hire("a").connections).toEqual(["1", "2", "3"]);
});

test("no more are on their way to a worker than its window holds", () => {
  const desk = new Desk();
  const worker = desk.hire("a");
  desk.arrive(...Array.from({ length: WINDOW + 2 }, (_, index) => `${index}`));
  expect(worker.got).toHaveLength(WINDOW);
  desk.balancer.acknowledge(worker, worker.got[0]?.[0] ?? 0, 0);
  expect(worker.got).toHaveLength(WINDOW + 1);
});

test("the primary's copy is dropped with the acknowledgement, once", () => {
  const desk = new Desk();
  const worker = desk.hire("a");
  desk.arrive("1");
  desk.acknowledge(worker);
  desk.acknowledge(worker);
  expect(desk.released).toEqual(["1"]);
});

test("what a dead worker never acknowledged goes to another, ahead of what waits", () => {
  const desk = new Desk();
  const a = desk.hire("a");
  const connections = Array.from({ length: WINDOW + 1 }, (_, index) => `${index}`);
  desk.arrive(...connections);
  desk.balancer.acknowledge(a, a.got[0]?.[0] ?? 0, 0);
  desk.balancer.remove(a);
  expect(desk.hire("b").connections).toEqual(connections.slice(1));
  expect(desk.discarded).toEqual([]);
});

test("a retired worker gets nothing new and still acknowledges", () => {
  const desk = new Desk();
  const [a, b] = [desk.hire("a"), desk.hire("b")];
  desk.arrive("1", "2");
  desk.balancer.retire(a);
  desk.arrive("3", "4");
  desk.acknowledge(a);
  expect([a.got.length, b.got.length, desk.released.length]).toEqual([1, 3, 1]);
});

test("closing hands out what waits at once, whatever the windows say", () => {
  const desk = new Desk();
  const worker = desk.hire("a");
  desk.arrive(...Array.from({ length: 3 * WINDOW }, (_, index) => `${index}`));
  desk.balancer.close();
  expect(worker.got).toHaveLength(3 * WINDOW);
  desk.arrive("late");
  expect(worker.connections.at(-1)).toBe("late");
});

test("closing without a worker discards", () => {
  const desk = new Desk();
  desk.arrive("1");
  desk.balancer.close();
  desk.arrive("2");
  expect(desk.discarded).toEqual(["1", "2"]);
});

test("the queue is bounded", () => {
  const desk = new Desk();
  for (let index = 0; index < MAX_QUEUED; index += 1) desk.arrive(`${index}`);
  expect(desk.discarded).toEqual([]);
  desk.arrive("one too many");
  expect(desk.discarded).toEqual(["one too many"]);
});

test("a connection that no worker takes is closed when its time is over, and those behind it when theirs is", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const desk = new Desk();
  desk.arrive("1", "2");
  vi.advanceTimersByTime(TIMEOUT - 1_000);
  desk.arrive("3");
  vi.advanceTimersByTime(999);
  expect(desk.discarded).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(desk.discarded).toEqual(["1", "2"]);
  const a = desk.hire("a");
  expect(a.connections).toEqual(["3"]);
  vi.advanceTimersByTime(10 * TIMEOUT);
  expect(desk.discarded).toEqual(["1", "2"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("what comes back from a dead worker waits anew, and what waited before it does not", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const desk = new Desk();
  const a = desk.hire("a");
  const many = Array.from({ length: WINDOW + 1 }, (_, index) => String(index));
  desk.arrive(...many);
  vi.advanceTimersByTime(TIMEOUT - 1);
  desk.balancer.remove(a);
  vi.advanceTimersByTime(1);
  expect(desk.discarded).toEqual(many.slice(WINDOW));
  vi.advanceTimersByTime(TIMEOUT);
  expect(desk.discarded.toSorted()).toEqual(many.toSorted());
  expect(vi.getTimerCount()).toBe(0);
});

/** Three workers, and clients of whom each worker is the home of many. */
function stickyDesk(): { desk: Desk; workers: [FakeWorker, FakeWorker, FakeWorker]; clients: string[] } {
  const desk = new Desk("sticky-ip");
  const clients = Array.from({ length: 60 }, (_, index) => `192.0.2.${index}`);
  return { desk, workers: [desk.hire("a"), desk.hire("b"), desk.hire("c")], clients };
}

/** The clients that got to the worker. */
function clientsOf(worker: FakeWorker): Set<string> {
  return new Set(worker.connections.map((connection) => connection.split("/")[0] ?? ""));
}

/** Lets each client connect, with room for everybody. */
function arriveAll(desk: Desk, workers: readonly FakeWorker[], connections: readonly string[]): void {
  for (const connection of connections) {
    desk.arrive(connection);
    for (const worker of workers) desk.acknowledge(worker);
  }
}

test("a client has one worker, and every worker has clients", () => {
  const { desk, workers, clients } = stickyDesk();
  arriveAll(
    desk,
    workers,
    [1, 2, 3].flatMap((turn) => clients.map((client) => `${client}/${turn}`)),
  );
  const homes = workers.map(clientsOf);
  expect(homes.map((home) => home.size).reduce((sum, size) => sum + size)).toBe(clients.length);
  expect(Math.min(...homes.map((home) => home.size))).toBeGreaterThan(clients.length / 6);
});

test("when a sticky worker dies its clients alone move, and its replacement gets them back", () => {
  const { desk, workers, clients } = stickyDesk();
  const [a, b, c] = workers;
  arriveAll(desk, workers, clients);
  const before = workers.map(clientsOf);
  desk.balancer.remove(b);
  arriveAll(desk, [a, c], clients);
  const [homeOfA = [], homeOfB = [], homeOfC = []] = before.map((home) => [...home]);
  expect(homeOfA.filter((client) => clientsOf(c).has(client))).toEqual([]);
  expect(homeOfC.filter((client) => clientsOf(a).has(client))).toEqual([]);
  expect(homeOfB.every((client) => clientsOf(a).has(client) || clientsOf(c).has(client))).toBe(true);
  const replacement = desk.hire("b again", b.slot);
  arriveAll(desk, [a, c, replacement], clients);
  expect(clientsOf(replacement)).toEqual(new Set(homeOfB));
});

test("of two workers with one number, as during a reload, the new one gets the clients", () => {
  const { desk, workers, clients } = stickyDesk();
  const [, old] = workers;
  arriveAll(desk, workers, clients);
  const home = clientsOf(old);
  const before = old.got.length;
  const successor = desk.hire("successor", old.slot);
  arriveAll(desk, [...workers, successor], clients);
  expect([old.got.length, clientsOf(successor)]).toEqual([before, home]);
});

test("a sticky worker without room holds up its own clients and nobody else's, and they move when it retires", () => {
  const { desk, workers, clients } = stickyDesk();
  const [stuck, ...others] = workers;
  arriveAll(desk, workers, clients);
  const home = [...clientsOf(stuck)];
  const elsewhere = clients.filter((client) => !home.includes(client));
  const [mine = ""] = home;
  const flood = Array.from({ length: WINDOW + 5 }, (_, index) => `${mine}/${index}`);
  desk.arrive(...flood);
  const before = desk.released.length;
  arriveAll(
    desk,
    others,
    elsewhere.map((client) => `${client}/again`),
  );
  expect(desk.released).toHaveLength(before + elsewhere.length);
  desk.balancer.retire(stuck);
  expect(others.flatMap((worker) => worker.connections)).toEqual(expect.arrayContaining(flood.slice(WINDOW)));
});

test("whatever happens, each connection is released or discarded exactly once, and none is forgotten", () => {
  const step = fc.record({
    kind: fc.constantFrom("arrive", "hire", "die", "retire", "acknowledge"),
    pick: fc.nat(20),
  });
  const distribution = fc.constantFrom(
    "least-connections" as const,
    "round-robin" as const,
    "sticky-ip" as const,
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), distribution, (steps, chosen) => {
      const desk = new Desk(chosen);
      const alive: FakeWorker[] = [desk.hire("first")];
      let arrived = 0;
      for (const { kind, pick } of steps) {
        const worker = alive[pick % Math.max(1, alive.length)];
        if (kind === "arrive") desk.arrive(`${arrived++}`);
        else if (kind === "hire") alive.push(desk.hire(`${alive.length}`));
        else if (worker === undefined) continue;
        else if (kind === "retire") desk.balancer.retire(worker);
        else if (kind === "acknowledge")
          desk.balancer.acknowledge(worker, worker.got.at(-1 - pick)?.[0] ?? 0, 0);
        else desk.balancer.remove(...(alive.splice(alive.indexOf(worker), 1) as [FakeWorker]));
      }
      desk.balancer.close();
      for (const worker of alive) desk.acknowledge(worker);
      expect([...desk.released, ...desk.discarded].toSorted()).toEqual(
        Array.from({ length: arrived }, (_, index) => `${index}`).toSorted(),
      );
    }),
  );
});

test("connections that a worker never noticed go to another one, and it rests for a second", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const desk = new Desk();
  const [a, b] = [desk.hire("a"), desk.hire("b")];
  desk.arrive("1", "2", "3");
  desk.acknowledge(b);
  const [number = 0] = a.got[0] ?? [];
  // What was handed over behind that one may still be on its way.
  desk.balancer.probed(a, number);
  const [, first] = a.connections;
  expect(desk.released).toEqual(b.connections.filter((connection) => connection !== a.connections[0]));
  expect(b.connections).toContain(a.connections[0]);
  desk.arrive("4", "5");
  expect(a.connections).toHaveLength(first === undefined ? 1 : 2);
  vi.advanceTimersByTime(1_000);
  desk.arrive("6", "7", "8", "9");
  expect(a.connections.length).toBeGreaterThan(2);
  expect(desk.discarded).toEqual([]);
});

test("a worker that has acknowledged everything up to there has lost nothing", () => {
  const desk = new Desk();
  const a = desk.hire("a");
  desk.arrive("1", "2");
  desk.acknowledge(a);
  desk.balancer.probed(a, 2);
  desk.arrive("3");
  expect(a.connections).toEqual(["1", "2", "3"]);
});

test("the only worker gets what it has lost once more when it has rested", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const desk = new Desk();
  const a = desk.hire("a");
  desk.arrive("1");
  desk.balancer.probed(a, 1);
  expect(a.connections).toEqual(["1"]);
  vi.advanceTimersByTime(1_000);
  expect(a.connections).toEqual(["1", "1"]);
});
