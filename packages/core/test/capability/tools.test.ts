import { describe, expect, test } from "vitest";
import type { CapabilityHost } from "../../src/capability/contract.ts";
import {
  assertFlags,
  fail,
  field,
  isAnswered,
  prepareAnswer,
  prepareHeaders,
  route,
} from "../../src/capability/index.ts";
import { Packetron } from "../../src/index.ts";

/** The host of a server that never starts, after `install()` has returned. */
function makeHost(): CapabilityHost {
  const hosts: CapabilityHost[] = [];
  new Packetron({
    maxThreads: 1,
    capabilities: [{ name: "probe", install: (host) => void hosts.push(host) }],
  });
  const [host] = hosts;
  if (host === undefined) throw new Error("install() was not called");
  return host;
}

describe("after install() has returned", () => {
  test("assertFlags() still checks flags", () => {
    const host = makeHost();
    expect(() => assertFlags(host, "server", 0)).not.toThrow();
    expect(() => assertFlags(host, "file", 1)).toThrow(
      expect.objectContaining({
        code: "PKT_FLAG_UNCLAIMED",
        message: expect.stringContaining("@packetron/static"),
      }),
    );
  });

  test("route() still makes routes, which the router does not list", () => {
    const host = makeHost();
    const made = route(host, { routePath: "a/b", handler: () => undefined });
    expect(String(made)).toBe("GET /a/b");
    expect(host.server.routes()).toEqual([]);
  });
});

test("no tool is a verb of the host", () => {
  const verbs = Object.keys(makeHost());
  const tools = [assertFlags, fail, field, isAnswered, prepareAnswer, prepareHeaders, route].map(
    ({ name }) => name,
  );
  expect(verbs.filter((verb) => tools.includes(verb))).toEqual([]);
  expect(verbs.length).toBeLessThanOrEqual(17); // three fields, and at most 14 verbs
});
