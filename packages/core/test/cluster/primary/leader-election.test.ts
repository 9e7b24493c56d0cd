import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Electable, LeaderElection } from "../../../src/cluster/primary/leader-election.ts";

interface Worker extends Electable {
  readonly name: string;
}

/** Serving workers, and a record of the elected leaders. */
class Office {
  readonly serving = new Set<Worker>();
  readonly appointed: string[] = [];
  readonly tokens: bigint[] = [];
  readonly election: LeaderElection<Worker>;
  #forks = 0;

  constructor() {
    this.election = new LeaderElection<Worker>(
      () => [...this.serving],
      (worker, token) => {
        this.appointed.push(worker.name);
        this.tokens.push(token);
      },
    );
  }

  admit(name: string, generation = 1): Worker {
    const worker = { name, generation, startedMonotonic: ++this.#forks };
    this.serving.add(worker);
    this.election.elect();
    return worker;
  }

  drain(worker: Worker): void {
    this.serving.delete(worker);
    this.election.elect();
  }

  die(worker: Worker): void {
    this.serving.delete(worker);
    this.election.released(worker);
  }
}

test("the first worker leads, and stays the leader when others start", () => {
  const office = new Office();
  for (const name of ["a", "b", "c"]) office.admit(name);
  expect(office.appointed).toEqual(["a"]);
});

test("when the leader dies the oldest of the others leads", () => {
  const office = new Office();
  const [a] = ["a", "b", "c"].map((name) => office.admit(name));
  if (a !== undefined) office.die(a);
  expect(office.appointed).toEqual(["a", "b"]);
});

test("no worker leads while the tasks of a leader that drains have not ended", () => {
  const office = new Office();
  const a = office.admit("a");
  office.admit("b");
  office.drain(a);
  office.admit("c");
  expect(office.appointed).toEqual(["a"]);
  office.election.released(a);
  expect(office.appointed).toEqual(["a", "b"]);
});

test("the newest generation leads next, so that a reload moves the lead once", () => {
  const office = new Office();
  const old = ["a", "b", "c"].map((name) => office.admit(name));
  for (const worker of old) {
    office.admit(`${worker.name}2`, 2);
    office.drain(worker);
    office.die(worker);
  }
  expect(office.appointed).toEqual(["a", "a2"]);
});

test("the end of a worker that does not lead changes nothing", () => {
  const office = new Office();
  office.admit("a");
  const b = office.admit("b");
  office.election.released(b);
  expect(office.appointed).toEqual(["a"]);
});

test("the first worker after a time without workers leads", () => {
  const office = new Office();
  office.die(office.admit("a"));
  office.admit("b");
  expect(office.appointed).toEqual(["a", "b"]);
});

test("each leader has a larger token, also of a program that is started again", () => {
  const office = new Office();
  for (const name of ["a", "b", "c"]) office.die(office.admit(name));
  const [a = 0n, b = 0n, c = 0n] = office.tokens;
  expect(a < b && b < c).toBe(true);
  expect(a > BigInt(Date.now() - 60_000) << 20n).toBe(true);
});

test("no worker follows the leader when the server stops", () => {
  const office = new Office();
  const a = office.admit("a");
  office.admit("b");
  office.election.close();
  office.die(a);
  expect(office.appointed).toEqual(["a"]);
});

test("after any events, two workers never lead at once, and one leads whenever one can", () => {
  const step = fc.record({
    kind: fc.constantFrom("admit", "drain", "yield", "die"),
    pick: fc.nat(9),
    generation: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const office = new Office();
      const alive: Worker[] = [];
      let leader: string | undefined;
      for (const [index, { kind, pick, generation }] of steps.entries()) {
        const worker = alive[pick % Math.max(1, alive.length)];
        const before = office.appointed.length;
        if (kind === "admit") alive.push(office.admit(`${index}`, generation));
        else if (worker !== undefined) {
          const drains = !office.serving.has(worker);
          // A worker that serves does not yield.
          if (worker.name === leader && (kind === "die" || (kind === "yield" && drains))) leader = undefined;
          if (kind === "drain") office.drain(worker);
          if (kind === "yield" && drains) office.election.released(worker);
          if (kind === "die") office.die(worker);
          if (kind === "die") alive.splice(alive.indexOf(worker), 1);
        }
        const appointed = office.appointed.slice(before);
        if (leader !== undefined) expect(appointed).toEqual([]);
        expect(appointed.length).toBeLessThan(2);
        leader ??= appointed[0];
        if (office.serving.size > 0) expect(leader).toBeDefined();
      }
    }),
  );
});
