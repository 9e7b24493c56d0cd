import * as fc from "fast-check";
import { expect, test } from "vitest";
import { clientOf, homeOf } from "../../../src/cluster/ports/worker-choice.ts";

test.for([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::1", "2001:db8:1:2"],
  ["2001:DB8::1", "2001:db8:0:0"],
  ["2001:db8::", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1:2:3:4%eth0", "fe80:0:0:0"],
  [undefined, ""],
  ["not an address", ""],
] as const)("the client with the address %s is %s", ([address, client]) => {
  expect(clientOf(address)).toBe(client);
});

test("addresses of one /64 network are one client, of another network another", () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(":"));
  fc.assert(
    fc.property(half, half, half, half, (network, other, host, neighbour) => {
      // An IPv4 address in IPv6 notation counts as IPv4, as in the table above.
      fc.pre(![network, other].includes("0:0:0:0"));
      expect(clientOf(`${network}:${host}`)).toBe(clientOf(`${network}:${neighbour}`));
      if (network !== other) expect(clientOf(`${network}:${host}`)).not.toBe(clientOf(`${other}:${host}`));
    }),
  );
});

test("without workers, no client has a worker", () => {
  expect(homeOf("203.0.113.7", [])).toBeUndefined();
});

test("the removal of any worker moves only its own clients", () => {
  const places = Array.from({ length: 16 }, (_, index) => ({ slot: index + 1 }));
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(15), (client, removed) => {
      const before = homeOf(client, places);
      const after = homeOf(
        client,
        places.filter((place) => place !== places[removed]),
      );
      if (before !== places[removed]) expect(after).toBe(before);
      else expect(after).not.toBe(before);
    }),
  );
});

test.for([2, 3, 4, 8, 64])(
  "neighbouring addresses spread over %i workers, and no worker has twice its share",
  (count) => {
    const places = Array.from({ length: count }, (_, index) => ({ slot: index + 1 }));
    const clients = Array.from({ length: 300 * count }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const shares = new Map<number | undefined, number>();
    for (const client of clients) {
      const slot = homeOf(client, places)?.slot;
      shares.set(slot, (shares.get(slot) ?? 0) + 1);
    }
    expect(shares.size).toBe(count);
    expect(Math.max(...shares.values())).toBeLessThan(600);
    expect(Math.min(...shares.values())).toBeGreaterThan(150);
  },
);
