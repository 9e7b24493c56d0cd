import type { Capability } from "@packetron/core";
import type { Lease, SharedServices } from "@packetron/core/capability";
import { describe, expect, test } from "vitest";
import type { RateLimitOptions } from "../src/index.ts";
import { ok, startServer, statuses } from "./_server.ts";

/** A store of two programs that answers until it is turned off. */
class Store {
  isUp = true;
  state: "up" | "down" = "up";
  asked = 0;

  /** Provides the store to a server. */
  readonly capability: Capability = {
    name: "test-store",
    install: (host) => {
      const store = this;
      const program = host.shared("program");
      const services: SharedServices = {
        ...{ scope: "everywhere", bus: program.bus, locks: program.locks, store: program.store },
        get state() {
          return store.state;
        },
        leases: {
          giveBack: () => undefined,
          take: async (key, policy, want, least): Promise<Lease> => {
            store.asked++;
            if (!store.isUp) throw new Error("the store does not answer");
            const lease = await program.leases.take(key, policy, want, least);
            return { ...lease, programs: 2 };
          },
        },
      };
      host.provideShared(services);
    },
  };
}

const LIMIT: RateLimitOptions = { limit: 8, window: 3_600_000, scope: "everywhere" };

async function start(option: Partial<RateLimitOptions> = {}) {
  const store = new Store();
  const { server } = await startServer(
    (made) => made.handle({ routePath: "a", rateLimit: { ...LIMIT, ...option }, handler: ok }),
    { capabilities: [store.capability] },
  );
  const ask = (requests: number): Promise<number[]> => statuses(server, Array(requests).fill("GET /a"));
  return { store, ask };
}

describe("while the store of several programs is down, a program", () => {
  test.each([
    ["local", [200, 429, 429]],
    ["open", [200, 200, 200]],
    ["closed", [503, 503, 503]],
  ] as const)("counts its share, lets pass or refuses, with whenDown %j", async (whenDown, expected) => {
    const { store, ask } = await start({ whenDown });
    expect(await ask(9)).toEqual([...Array(8).fill(200), 429]);
    // A refusal of the store is remembered, so another key is needed: the option has a new address for each server only.
    const fresh = await start({ whenDown });
    fresh.store.isUp = false;
    expect(await fresh.ask(3)).toEqual(expected);
    fresh.store.state = "down";
    expect(await fresh.ask(3)).toEqual(whenDown === "local" ? [429, 429, 429] : expected);
    expect(store.asked).toBeGreaterThan(0);
  });

  test("does not ask a store that is known to be down, and asks again when it is back", async () => {
    const { store, ask } = await start();
    store.state = "down";
    expect(await ask(2)).toEqual([200, 429]);
    expect(store.asked).toBe(0);
    store.state = "up";
    expect(await ask(2)).toEqual([200, 200]);
  });
});
