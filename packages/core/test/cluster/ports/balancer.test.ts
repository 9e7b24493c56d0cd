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

/** A worker that accepts connections and acknowledges them when the test calls `acknowledge()`. */
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

/** A balancer with workers, and a record of its connections. */
class Fixture implements ConnectionOwner<string> {
  readonly released: string[] = [];
  readonly discarded: string[] = [];
  readonly balancer: Balancer<string>;
  #slots = 0;

  constructor(rule: BalancerRule = "least-connections") {
    this.balancer = new Balancer(this, rule, TIMEOUT);
  }

  /** Returns the client of a connection; a connection is named `"client/7"` after its client and its number. */
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

  /** Lets the worker acknowledge all its connections. */
  acknowledge(worker: FakeWorker, closed = 0): void {
    for (const [number] of worker.got) this.balancer.acknowledge(worker, number, closed);
  }
}

test("ties rotate over the workers", () => {
  const fixture = new Fixture();
  const workers = ["a", "b", "c"].map((name) => fixture.hire(name));
  fixture.arrive("1", "2", "3", "4", "5", "6");
  expect(workers.map((worker) => worker.got.length)).toEqual([2, 2, 2]);
});

test("the worker with the fewest open connections is next", () => {
  const fixture = new Fixture();
  const [a, b] = [fixture.hire("a"), fixture.hire("b")];
  fixture.arrive("1", "2", "3", "4");
  fixture.acknowledge(a);
  fixture.acknowledge(b);
  fixture.balancer.reportClosed(b, 2);
  fixture.arrive("5", "6");
  expect([a.got.length, b.got.length]).toEqual([2, 4]);
});

test("round robin ignores how many are open", () => {
  const fixture = new Fixture("round-robin");
  const [a, b] = [fixture.hire("a"), fixture.hire("b")];
  fixture.arrive("1", "2");
  fixture.acknowledge(b, 1);
  fixture.arrive("3", "4");
  expect([a.got.length, b.got.length]).toEqual([2, 2]);
});

test("connections wait for the first worker, in order", () => {
  const fixture = new Fixture();
  fixture.arrive("1", "2", "3");
  expect(fixture.hire("a").connections).toEqual(["1", "2", "3"]);
});

test("no more connections are in transit to a worker than its window allows", () => {
  const fixture = new Fixture();
  const worker = fixture.hire("a");
  fixture.arrive(...Array.from({ length: WINDOW + 2 }, (_, index) => `${index}`));
  expect(worker.got).toHaveLength(WINDOW);
  fixture.balancer.acknowledge(worker, worker.got[0]?.[0] ?? 0, 0);
  expect(worker.got).toHaveLength(WINDOW + 1);
});

test("the primary closes its copy of a connection once, when it is acknowledged", () => {
  const fixture = new Fixture();
  const worker = fixture.hire("a");
  fixture.arrive("1");
  fixture.acknowledge(worker);
  fixture.acknowledge(worker);
  expect(fixture.released).toEqual(["1"]);
});

test("unacknowledged connections of a dead worker go to another one, before those in the queue", () => {
  const fixture = new Fixture();
  const a = fixture.hire("a");
  const connections = Array.from({ length: WINDOW + 1 }, (_, index) => `${index}`);
  fixture.arrive(...connections);
  fixture.balancer.acknowledge(a, a.got[0]?.[0] ?? 0, 0);
  fixture.balancer.remove(a);
  expect(fixture.hire("b").connections).toEqual(connections.slice(1));
  expect(fixture.discarded).toEqual([]);
});

test("a retired worker gets no new connections and still acknowledges", () => {
  const fixture = new Fixture();
  const [a, b] = [fixture.hire("a"), fixture.hire("b")];
  fixture.arrive("1", "2");
  fixture.balancer.retire(a);
  fixture.arrive("3", "4");
  fixture.acknowledge(a);
  expect([a.got.length, b.got.length, fixture.released.length]).toEqual([1, 3, 1]);
});

test("closing hands out the queue at once, without regard to the windows", () => {
  const fixture = new Fixture();
  const worker = fixture.hire("a");
  fixture.arrive(...Array.from({ length: 3 * WINDOW }, (_, index) => `${index}`));
  fixture.balancer.close();
  expect(worker.got).toHaveLength(3 * WINDOW);
  fixture.arrive("late");
  expect(worker.connections.at(-1)).toBe("late");
});

test("closing without a worker discards the queue", () => {
  const fixture = new Fixture();
  fixture.arrive("1");
  fixture.balancer.close();
  fixture.arrive("2");
  expect(fixture.discarded).toEqual(["1", "2"]);
});

test("the queue is bounded", () => {
  const fixture = new Fixture();
  for (let index = 0; index < MAX_QUEUED; index += 1) fixture.arrive(`${index}`);
  expect(fixture.discarded).toEqual([]);
  fixture.arrive("one too many");
  expect(fixture.discarded).toEqual(["one too many"]);
});

test("a queued connection is closed after its own time limit", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const fixture = new Fixture();
  fixture.arrive("1", "2");
  vi.advanceTimersByTime(TIMEOUT - 1_000);
  fixture.arrive("3");
  vi.advanceTimersByTime(999);
  expect(fixture.discarded).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(fixture.discarded).toEqual(["1", "2"]);
  const a = fixture.hire("a");
  expect(a.connections).toEqual(["3"]);
  vi.advanceTimersByTime(10 * TIMEOUT);
  expect(fixture.discarded).toEqual(["1", "2"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("connections returned by a dead worker get a new time limit, and the others keep theirs", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const fixture = new Fixture();
  const a = fixture.hire("a");
  const many = Array.from({ length: WINDOW + 1 }, (_, index) => String(index));
  fixture.arrive(...many);
  vi.advanceTimersByTime(TIMEOUT - 1);
  fixture.balancer.remove(a);
  vi.advanceTimersByTime(1);
  expect(fixture.discarded).toEqual(many.slice(WINDOW));
  vi.advanceTimersByTime(TIMEOUT);
  expect(fixture.discarded.toSorted()).toEqual(many.toSorted());
  expect(vi.getTimerCount()).toBe(0);
});

/** Three workers with sticky clients; each worker has many of them. */
function stickyFixture(): {
  fixture: Fixture;
  workers: [FakeWorker, FakeWorker, FakeWorker];
  clients: string[];
} {
  const fixture = new Fixture("sticky-ip");
  const clients = Array.from({ length: 60 }, (_, index) => `192.0.2.${index}`);
  return { fixture, workers: [fixture.hire("a"), fixture.hire("b"), fixture.hire("c")], clients };
}

/** The clients whose connections the worker has got. */
function clientsOf(worker: FakeWorker): Set<string> {
  return new Set(worker.connections.map((connection) => connection.split("/")[0] ?? ""));
}

/** Lets each client connect; every worker has room. */
function arriveAll(fixture: Fixture, workers: readonly FakeWorker[], connections: readonly string[]): void {
  for (const connection of connections) {
    fixture.arrive(connection);
    for (const worker of workers) fixture.acknowledge(worker);
  }
}

test("a client has one worker, and every worker has clients", () => {
  const { fixture, workers, clients } = stickyFixture();
  arriveAll(
    fixture,
    workers,
    [1, 2, 3].flatMap((turn) => clients.map((client) => `${client}/${turn}`)),
  );
  const homes = workers.map(clientsOf);
  expect(homes.map((home) => home.size).reduce((sum, size) => sum + size)).toBe(clients.length);
  expect(Math.min(...homes.map((home) => home.size))).toBeGreaterThan(clients.length / 6);
});

test("when a sticky worker dies, only its clients move, and its replacement gets them back", () => {
  const { fixture, workers, clients } = stickyFixture();
  const [a, b, c] = workers;
  arriveAll(fixture, workers, clients);
  const before = workers.map(clientsOf);
  fixture.balancer.remove(b);
  arriveAll(fixture, [a, c], clients);
  const [homeOfA = [], homeOfB = [], homeOfC = []] = before.map((home) => [...home]);
  expect(homeOfA.filter((client) => clientsOf(c).has(client))).toEqual([]);
  expect(homeOfC.filter((client) => clientsOf(a).has(client))).toEqual([]);
  expect(homeOfB.every((client) => clientsOf(a).has(client) || clientsOf(c).has(client))).toBe(true);
  const replacement = fixture.hire("b again", b.slot);
  arriveAll(fixture, [a, c, replacement], clients);
  expect(clientsOf(replacement)).toEqual(new Set(homeOfB));
});

test("of two workers with the same id, as during a reload, the new one gets the clients", () => {
  const { fixture, workers, clients } = stickyFixture();
  const [, old] = workers;
  arriveAll(fixture, workers, clients);
  const home = clientsOf(old);
  const before = old.got.length;
  const successor = fixture.hire("successor", old.slot);
  arriveAll(fixture, [...workers, successor], clients);
  expect([old.got.length, clientsOf(successor)]).toEqual([before, home]);
});

test("a full sticky worker delays only its own clients, and they move when it retires", () => {
  const { fixture, workers, clients } = stickyFixture();
  const [stuck, ...others] = workers;
  arriveAll(fixture, workers, clients);
  const home = [...clientsOf(stuck)];
  const elsewhere = clients.filter((client) => !home.includes(client));
  const [mine = ""] = home;
  const flood = Array.from({ length: WINDOW + 5 }, (_, index) => `${mine}/${index}`);
  fixture.arrive(...flood);
  const before = fixture.released.length;
  arriveAll(
    fixture,
    others,
    elsewhere.map((client) => `${client}/again`),
  );
  expect(fixture.released).toHaveLength(before + elsewhere.length);
  fixture.balancer.retire(stuck);
  expect(others.flatMap((worker) => worker.connections)).toEqual(expect.arrayContaining(flood.slice(WINDOW)));
});

test("after any events, each connection is released or discarded exactly once", () => {
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
      const fixture = new Fixture(chosen);
      const alive: FakeWorker[] = [fixture.hire("first")];
      let arrived = 0;
      for (const { kind, pick } of steps) {
        const worker = alive[pick % Math.max(1, alive.length)];
        if (kind === "arrive") fixture.arrive(`${arrived++}`);
        else if (kind === "hire") alive.push(fixture.hire(`${alive.length}`));
        else if (worker === undefined) continue;
        else if (kind === "retire") fixture.balancer.retire(worker);
        else if (kind === "acknowledge")
          fixture.balancer.acknowledge(worker, worker.got.at(-1 - pick)?.[0] ?? 0, 0);
        else fixture.balancer.remove(...(alive.splice(alive.indexOf(worker), 1) as [FakeWorker]));
      }
      fixture.balancer.close();
      for (const worker of alive) fixture.acknowledge(worker);
      expect([...fixture.released, ...fixture.discarded].toSorted()).toEqual(
        Array.from({ length: arrived }, (_, index) => `${index}`).toSorted(),
      );
    }),
  );
});

test("connections that a worker has lost go to another one, and it gets no new ones for a second", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const fixture = new Fixture();
  const [a, b] = [fixture.hire("a"), fixture.hire("b")];
  fixture.arrive("1", "2", "3");
  fixture.acknowledge(b);
  const [number = 0] = a.got[0] ?? [];
  // Connections that were sent after that one may still be in transit.
  fixture.balancer.probed(a, number);
  const [, first] = a.connections;
  expect(fixture.released).toEqual(b.connections.filter((connection) => connection !== a.connections[0]));
  expect(b.connections).toContain(a.connections[0]);
  fixture.arrive("4", "5");
  expect(a.connections).toHaveLength(first === undefined ? 1 : 2);
  vi.advanceTimersByTime(1_000);
  fixture.arrive("6", "7", "8", "9");
  expect(a.connections.length).toBeGreaterThan(2);
  expect(fixture.discarded).toEqual([]);
});

test("a worker that has acknowledged all earlier connections has lost none", () => {
  const fixture = new Fixture();
  const a = fixture.hire("a");
  fixture.arrive("1", "2");
  fixture.acknowledge(a);
  fixture.balancer.probed(a, 2);
  fixture.arrive("3");
  expect(a.connections).toEqual(["1", "2", "3"]);
});

test("the only worker gets its lost connections again after its pause", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const fixture = new Fixture();
  const a = fixture.hire("a");
  fixture.arrive("1");
  fixture.balancer.probed(a, 1);
  expect(a.connections).toEqual(["1"]);
  vi.advanceTimersByTime(1_000);
  expect(a.connections).toEqual(["1", "1"]);
});
