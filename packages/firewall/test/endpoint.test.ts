import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endpointOf } from "../src/endpoint.ts";

describe("the endpoint of a server at an address", () => {
  test.each<readonly [address: string, expected: string | null]>([
    ["0.0.0.0", null],
    ["::", null],
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8::7", "2001:db8::7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["fe80::1%eth0", "fe80::1"],
    ["126.255.255.255", "126.255.255.255"],
    ["128.0.0.1", "128.0.0.1"],
  ])("%s: the port is opened for %s", (address, expected) => {
    expect(endpointOf({ address, port: 3000 })).toStrictEqual({ port: 3000, address: expected });
  });

  test.each(["127.0.0.1", "127.0.0.2", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::1%lo"])(
    "%s is loopback: no port is opened",
    (address) => {
      expect(endpointOf({ address, port: 3000 })).toBeNull();
    },
  );

  test.each([
    "",
    "localhost",
    "example.com",
    "192.0.2.7; touch /tmp/owned",
    "192.0.2.7 -j ACCEPT",
    "$(reboot)",
    "`reboot`",
    "-D",
    "--help",
    "0.0.0.0/0",
    "192.0.2.7\n-F",
    "192.0.2.7\0",
    "%25;reboot",
    "any",
    "localip=any",
  ])("%j is not an address: no port is opened", (address) => {
    expect(endpointOf({ address, port: 3000 })).toBeNull();
  });

  test.each([0, -1, 65_536, 1.5, Number.NaN])("%d is not a port: no port is opened", (port) => {
    expect(endpointOf({ address: "0.0.0.0", port })).toBeNull();
  });

  test("the address of an endpoint has hexadecimal digits, full stops and colons only, for any input", () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.ipV4(),
      fc.ipV6(),
      fc.tuple(fc.ipV6(), fc.string()).map(([address, zone]) => `${address}%${zone}`),
      fc.tuple(fc.ipV4(), fc.string()).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(hostile, (address) => {
        expect(endpointOf({ address, port: 1 })?.address ?? "").toMatch(/^[\da-f.:]*$/i);
      }),
    );
  });
});
