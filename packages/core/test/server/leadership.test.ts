import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SharedServices } from "../../src/capability/shared-services.ts";
import { LeaderTasks } from "../../src/cluster/process/leader-tasks.ts";
import { Leadership } from "../../src/server/leadership.ts";
import { SharedMemory } from "../../src/shared/shared-memory.ts";

const TIMEOUT = 1_000;

/** The locks of one store for several machines, which can be down. */
class Store {
  isDown = false;
  readonly #memory = new SharedMemory(0);

  connect(): SharedServices {
    const calls = this.#memory.callsOf({});
    const unused = (): never => {
      throw new Error("not part of this test");
    };
    const answer = <Result>(call: () => Result): Promise<Result> =>
      this.isDown ? Promise.reject(new Error("down")) : Promise.resolve().then(call);
    return {
      scope: "everywhere",
      state: "up",
      leases: { take: unused, giveBack: unused },
      bus: { publish: unused, listen: unused },
      store: { get: unused, set: unused, add: unused, delete: unused },
      locks: {
        acquire: (name, ttl) =>
          answer(() => {
            const token = calls.acquire(name, ttl);
            if (token === null) return null;
            let until = performance.now() + ttl;
            return {
              token,
              get until() {
                return until;
              },
              renew: () =>
                answer(() => {
                  const isHeld = calls.renew(name, token, ttl);
                  if (isHeld) until = performance.now() + ttl;
                  return isHeld;
                }),
              release: () => answer(() => calls.release(name, token)),
            };
          }),
      },
    };
  }
}

/** A process, with a task that writes down when it leads. */
function makeProcess(services: SharedServices, events: string[], name: string) {
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const leadership = new Leadership(new LeaderTasks(100, vi.fn()), () => services, log);
  const tokens: bigint[] = [];
  const addTask = (): void =>
    leadership.add(async (signal, { token }) => {
      tokens.push(token);
      events.push(`${name} leads`);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      events.push(`${name} ends`);
    });
  return { leadership, log, tokens, addTask };
}

describe("the leader of several machines", () => {
  let events: string[] = [];
  let store = new Store();

  beforeEach(() => {
    vi.useFakeTimers();
    events = [];
    store = new Store();
  });
  afterEach(() => void vi.useRealTimers());

  const make = (name: string) => {
    const made = makeProcess(store.connect(), events, name);
    made.addTask();
    return made;
  };

  test("is one of the processes that their programs have elected, until it releases the lead", async () => {
    const [one, other, idle] = [make("one"), make("other"), make("idle")];
    one.leadership.acquire(1n);
    await vi.advanceTimersByTimeAsync(1);
    other.leadership.acquire(1n);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(events).toEqual(["one leads"]);
    const released = one.leadership.release(TIMEOUT);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await released).toBe(true);
    expect(events).toEqual(["one leads", "one ends", "other leads"]);
    expect((other.tokens[0] ?? 0n) > (one.tokens[0] ?? 0n)).toBe(true);
    expect(idle.tokens).toEqual([]);
  });

  test("ends its tasks before its lease, when the store is down, and may lead again", async () => {
    const one = make("one");
    one.leadership.acquire(1n);
    await vi.advanceTimersByTimeAsync(100);
    store.isDown = true;
    await vi.advanceTimersByTimeAsync(9_500);
    expect(events).toEqual(["one leads", "one ends"]);
    expect(one.log.warn).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(60_000);
    store.isDown = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(events).toEqual(["one leads", "one ends", "one leads"]);
    expect((one.tokens[1] ?? 0n) > (one.tokens[0] ?? 0n)).toBe(true);
  });

  test("asks for no lock without a task", async () => {
    const services = store.connect();
    const acquire = vi.spyOn(services.locks, "acquire");
    const lazy = makeProcess(services, events, "lazy");
    lazy.leadership.acquire(1n);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(acquire).not.toHaveBeenCalled();
    lazy.addTask();
    await vi.advanceTimersByTimeAsync(1);
    expect(events).toEqual(["lazy leads"]);
    expect(await lazy.leadership.release(TIMEOUT)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not lead when it is elected after its release", async () => {
    const one = make("one");
    await one.leadership.release(TIMEOUT);
    one.leadership.acquire(1n);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(events).toEqual([]);
  });
});

test("the leader of one program leads at once, with the token of its election", async () => {
  const services: SharedServices = { ...new Store().connect(), scope: "program" };
  const one = makeProcess(services, [], "one");
  one.addTask();
  one.leadership.acquire(5n);
  expect(one.tokens).toEqual([5n]);
  expect(await one.leadership.release(TIMEOUT)).toBe(true);
});
