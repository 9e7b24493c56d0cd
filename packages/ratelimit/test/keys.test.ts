import { Socket } from "node:net";
import { Packetron, PacketronRequest } from "@packetron/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byHeader, byIp } from "../src/index.ts";
import { shortKey } from "../src/short-key.ts";

const server = new Packetron({ maxThreads: 1 });
class ServerRequest extends PacketronRequest {}
Object.defineProperty(ServerRequest.prototype, "server", { value: server });

function from(address: string, headers: readonly string[] = []): PacketronRequest {
  const request = new ServerRequest(Object.defineProperty(new Socket(), "remoteAddress", { value: address }));
  request.rawHeaders = [...headers];
  return request;
}

describe("byIp()", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2/64"],
    ["2001:db8:1:2::", "2001:db8:1:2/64"],
    ["2001:db8::1", "2001:db8:0:0/64"],
    ["::1", "0:0:0:0/64"],
  ])("gives %s the key %s", (address, key) => {
    expect(byIp()(from(address))).toBe(key);
  });

  test.each([
    [32, "2001:db8/32"],
    [48, "2001:db8:1/48"],
    [56, "2001:db8:1:ab00/56"],
    [60, "2001:db8:1:abc0/60"],
    [128, "2001:db8:1:abcd:0:0:0:1/128"],
  ])("counts %i bits of an IPv6 address", (ipv6Prefix, key) => {
    expect(byIp({ ipv6Prefix })(from("2001:db8:1:abcd::1"))).toBe(key);
  });

  test("gives all addresses of one network the same key, and those of another network another one", () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    const text = (address: readonly number[]): string => address.map((group) => group.toString(16)).join(":");
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        const same = [...one.slice(0, 4), ...other.slice(4)];
        const key = byIp();
        expect(key(from(text(same)))).toBe(key(from(text(one))));
        const isOther = one.slice(0, 4).join() !== other.slice(0, 4).join();
        if (isOther) expect(key(from(text(other)))).not.toBe(key(from(text(one))));
      }),
    );
  });

  test.each([31, 129, 64.5, "64"])("refuses a prefix of %s bits", (ipv6Prefix) => {
    expect(() => byIp({ ipv6Prefix: ipv6Prefix as number })).toThrow(/byIp\(\)\.ipv6Prefix/);
  });
});

describe("byHeader()", () => {
  test("gives the value of the header, and one key to all requests without it", () => {
    const key = byHeader("X-API-Key");
    expect(key(from("203.0.113.7", ["x-api-key", "abc"]))).toBe("abc");
    expect(key(from("203.0.113.7"))).toBe("");
  });

  test.each(["", "two words", "a:b", 5])("refuses the name %o", (name) => {
    expect(() => byHeader(name as string)).toThrow(/byHeader/);
  });
});

describe("a key of a client", () => {
  test("has at most 100 units, and differs from all other keys", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 300 }), (one, other) => {
        expect(shortKey(one).length).toBeLessThanOrEqual(100);
        expect(shortKey(one) === shortKey(other)).toBe(one === other);
      }),
    );
  });
});
