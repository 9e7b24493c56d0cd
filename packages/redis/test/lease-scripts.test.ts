import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryLeases } from "../../core/src/shared/memory-leases.ts";
import { createStoreClient } from "../src/client.ts";
import type { StoreClient } from "../src/connection.ts";
import { resolveSettings } from "../src/options.ts";
import { giveBackScript, takeScript } from "../src/redis-leases.ts";
import { hasRedis, TestRedis } from "./_redis.ts";

const BEGIN = 1_700_000_000_000_000;

/** A script with a clock of the test: its last argument, in microseconds. */
function withClock(text: string): string {
  return text
    .replace('redis.call("TIME")', "{math.floor(ARGV[#ARGV] / 1000000), ARGV[#ARGV] % 1000000}")
    .replace("math.ceil((tat - now) / 1000)", "600000");
}

/** A burst takes at most a year: beyond 2^53 microseconds the arithmetic of both loses its last digit. */
const policies = fc
  .record({
    limit: fc.integer({ min: 1, max: 1_000_000 }),
    window: fc.integer({ min: 1, max: 2_592_000_000 }),
    burst: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .filter(({ limit, window, burst }) => (burst * window) / limit < 31_536_000_000);
const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 10_000_000_000 })),
    want: fc.integer({ min: 1, max: 1_000_000 }),
    least: fc.integer({ min: 1, max: 20 }),
    back: fc.option(fc.integer({ min: 0, max: 1_000 })),
  }),
  { minLength: 1, maxLength: 12 },
);

describe.skipIf(!hasRedis)("the scripts of leases", () => {
  let store: TestRedis;
  let client: StoreClient;
  beforeAll(async () => {
    store = await TestRedis.start();
    client = createStoreClient(resolveSettings({ socket: store.socket }), () => {});
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await store.remove();
  });

  test("do the same arithmetic as the leases in memory, in whole microseconds since 1970", async () => {
    const evaluate = (text: string, keys: string[], args: readonly (string | number)[]): Promise<unknown> =>
      client.send("", ["EVAL", withClock(text), String(keys.length), ...keys, ...args.map(String)]);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(policies, steps, async (policy, schedule) => {
        const { limit, window, burst } = policy;
        let now = BEGIN;
        const memory = new MemoryLeases(() => now);
        const key = `lease:${++run}`;
        for (const { wait, want, least, back } of schedule) {
          now += wait;
          const others = { holders: 0, programs: 0 };
          const lease = memory.take("k", policy, want, least, others);
          const { granted, remaining, validFor, resetAfter } = lease;
          const refused = granted === 0 ? Math.round(validFor * 1_000) : 0;
          expect(
            await evaluate(
              takeScript.text,
              [key, "holders", "programs"],
              [limit, window, burst, want, least, "", "", now],
            ),
          ).toEqual([granted, now, remaining, Math.round(resetAfter * 1_000), refused, 0, 0]);
          if (back === null || granted === 0) continue;
          memory.giveBack(lease, back);
          const units = Math.min(back, granted);
          await evaluate(giveBackScript.text, [key], [limit, window, burst, units, now, now]);
        }
      }),
      { numRuns: process.env["PACKETRON_TEST_FULL"] === undefined ? 200 : 5_000 },
    );
  });
});
