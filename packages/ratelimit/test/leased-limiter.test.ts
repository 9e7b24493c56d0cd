import type { Lease, LeasePolicy, SharedServices } from "@packetron/core/capability";
import { describe, expect, test } from "vitest";
import { LeasedLimiter, type LeasedLimiterOptions } from "../src/leased-limiter.ts";
import type { KeyState, Policy } from "../src/state.ts";
import { TestClock } from "./_server.ts";

const POLICY: Policy = { limit: 1_000, window: 1_000, burst: 1_000, cost: 1 };

interface Taken {
  readonly key: string;
  readonly policy: LeasePolicy;
  readonly want: number;
  readonly least: number;
}

/** Services whose grantor the test plays. */
class TestServices {
  state: "up" | "down" = "up";
  readonly taken: Taken[] = [];
  readonly returned: { readonly lease: Lease; readonly units: number }[] = [];
  /** Answers a call; a throw is a grantor that does not answer. */
  answer: (call: Taken) => Partial<Lease> = ({ want }) => ({ granted: want, validFor: 1_000 });

  readonly leases: SharedServices["leases"] = {
    take: async (key, policy, want, least = 1) => {
      const call = { key, policy, want, least };
      this.taken.push(call);
      const answer = this.answer(call);
      return {
        ...{ key, policy, granted: 0, validFor: 0, remaining: 0, resetAfter: 0 },
        ...{ grantedAt: 0, holders: 1, programs: 1 },
        ...answer,
      };
    },
    giveBack: (lease, units) => void this.returned.push({ lease, units }),
  };
}

function make(options: Partial<Omit<LeasedLimiterOptions, "services" | "clock">> = {}) {
  const clock = new TestClock();
  const services = new TestServices();
  const down: KeyState = { passes: true, remaining: 7, resetAt: 0, retryAt: 0 };
  const { leases } = services;
  const limiter = new LeasedLimiter({
    services: {
      leases,
      get state() {
        return services.state;
      },
    },
    clock,
    policy: () => POLICY,
    name: "limit ",
    startsFull: true,
    whenDown: { take: () => down },
    ...options,
  });
  const passes = async (key = "a"): Promise<boolean> => (await limiter.take(key)).passes;
  return { clock, services, limiter, passes, down };
}

describe("a limit that processes share", () => {
  test("takes one unit for the first request, and then as many as were asked for in the last 100 ms", async () => {
    const { clock, services, passes } = make();
    for (let request = 0; request < 200; request++) {
      expect(await passes()).toBe(true);
      clock.time += 1;
    }
    const wants = services.taken.map(({ want }) => want);
    expect(services.taken[0]).toEqual({
      key: "limit a",
      policy: { limit: 1_000, window: 1_000, burst: 1_000 },
      want: 1,
      least: 1,
    });
    expect(Math.max(...wants)).toBeGreaterThan(80);
    expect(wants.length).toBeLessThan(15);
  });

  test("takes at most a quarter of the limit, divided by the number of processes", async () => {
    const { services, limiter } = make({ policy: () => ({ ...POLICY, limit: 80 }) });
    services.answer = ({ want }) => ({ granted: want, validFor: 1_000, holders: 4 });
    for (let round = 0; round < 10; round++)
      await Promise.all(Array.from({ length: 50 }, () => limiter.take("a")));
    expect(Math.max(...services.taken.slice(1).map(({ want }) => want))).toBe(5);
  });

  test("decides at once while it has units", async () => {
    const { services, limiter, passes } = make();
    services.answer = () => ({ granted: 10, validFor: 1_000, remaining: 90 });
    await passes();
    expect(limiter.take("a")).toMatchObject({ passes: true, remaining: 98 });
    expect(services.taken).toHaveLength(1);
  });

  test("requests that wait for one lease share it in their order", async () => {
    const { services, limiter } = make();
    services.answer = ({ want }) =>
      services.taken.length > 3
        ? { granted: 0, validFor: 1_000 }
        : { granted: Math.min(2, want), validFor: 1_000 };
    const states = Array.from({ length: 8 }, async () => (await limiter.take("a")).passes);
    expect(await Promise.all(states)).toEqual([true, true, true, true, true, false, false, false]);
  });

  test("remembers a refusal until its end, so that a flood costs no message", async () => {
    const { clock, services, limiter, passes } = make();
    services.answer = () => ({ granted: 0, validFor: 250 });
    expect(await passes()).toBe(false);
    for (let request = 0; request < 1_000; request++)
      expect(limiter.take("a")).toMatchObject({ passes: false });
    expect(services.taken).toHaveLength(1);
    clock.time += 250;
    services.answer = () => ({ granted: 1, validFor: 1_000 });
    expect(await passes()).toBe(true);
  });

  test("does not spend units after the end of their lease, and returns them", async () => {
    const { clock, services, passes } = make();
    services.answer = () => ({ granted: 5, validFor: 1_000 });
    await passes();
    clock.time += 1_000;
    await passes();
    expect(services.taken).toHaveLength(2);
    expect(services.returned).toMatchObject([{ units: 4 }]);
  });

  test("counts the life of a lease from the call, not from the answer", async () => {
    const { clock, services, limiter } = make();
    services.answer = () => {
      clock.time += 40;
      return { granted: 5, validFor: 50 };
    };
    await limiter.take("a");
    clock.time += 10;
    expect(limiter.take("a")).toBeInstanceOf(Promise);
  });

  test("returns what is left when the process stops", async () => {
    const { services, limiter, passes } = make();
    services.answer = () => ({ granted: 5, validFor: 1_000 });
    await passes("a");
    await passes("b");
    limiter.giveBack();
    limiter.giveBack();
    expect(services.returned.map(({ lease, units }) => [lease.key, units])).toEqual([
      ["limit a", 4],
      ["limit b", 4],
    ]);
  });

  test("takes the cost of a request, or nothing", async () => {
    const { services, passes } = make({ policy: () => ({ ...POLICY, cost: 5 }) });
    services.answer = ({ want, least }) => ({ granted: want < least ? 0 : want, validFor: 1_000 });
    expect(await passes()).toBe(true);
    expect(services.taken[0]).toMatchObject({ want: 5, least: 5 });
  });

  test("takes the whole burst of a new key, and spends one request of it, where a burst would be a second one", async () => {
    const { services, limiter, passes } = make({ startsFull: false });
    await passes();
    expect(services.taken[0]).toMatchObject({ want: 1_000, least: 1 });
    expect(limiter.take("a")).toBeInstanceOf(Promise);
    expect(services.taken[1]?.want).toBeLessThan(10);
  });
});

describe("while the grantor does not answer", () => {
  test("each request that waits is decided without it", async () => {
    const { services, limiter, down } = make();
    services.answer = () => {
      throw new Error("no answer");
    };
    expect(await Promise.all([limiter.take("a"), limiter.take("a"), limiter.take("b")])).toEqual([
      down,
      down,
      down,
    ]);
  });

  test("requests do not ask when the store is known to be down, but spend what they have", async () => {
    const { services, limiter, passes, down } = make();
    services.answer = () => ({ granted: 2, validFor: 1_000 });
    await passes();
    services.state = "down";
    expect(limiter.take("a")).not.toBe(down);
    expect(limiter.take("a")).toBe(down);
    expect(limiter.take("new")).toBe(down);
    services.state = "up";
    expect(await limiter.take("new")).toMatchObject({ passes: true });
    expect(services.taken).toHaveLength(2);
  });
});
