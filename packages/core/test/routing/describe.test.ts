import { describe, expect, test } from "vitest";
import { type Capability, GateOrder } from "../../src/capability/contract.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import type { RouteDescription } from "../../src/routing/describe.ts";
import type { RouteOptions } from "../../src/routing/route-options.ts";
import { makeServer } from "../_server.ts";

const handler = (): void => undefined;

/** A capability with everything that a description must list: both kinds of gates, a body bit, several options. */
const capability: Capability = {
  name: "@example/guard",
  install(host) {
    host.gate(GateOrder.EARLY, function stamp() {});
    host.gate(GateOrder.GLOBAL_PLUGINS, function everywhere() {});
    host.around(150, function span(_request, _response, next) {
      return next();
    });
    host.flag("handler", "LOCAL_PLUGINS_ONLY", PacketronHandlerFlags.LOCAL_PLUGINS_ONLY);
    host.bodyParser({
      flag: 1 << 20,
      name: "CSV_BODY",
      mediaTypes: ["text/csv"],
      form: "text",
      parse: (text) => text,
    });
    host.routeOption("atMost", (_value, route) => {
      host.gate(GateOrder.RATE_LIMIT, function limit() {}, route);
    });
    for (const name of ["list", "object", "words"]) host.routeOption(name, () => undefined);
  },
};

/** The description of a route of a server that has the capability. */
function describeOne(options: Partial<RouteOptions> & Readonly<Record<string, unknown>>): RouteDescription {
  const { server } = makeServer({ capabilities: [capability], defaultBodyLimit: 1_000 });
  const withPath = { routePath: "a/:id", handler, ...options };
  server.handle(withPath);
  const [description, ...others] = server.routes();
  expect(others).toEqual([]);
  if (description === undefined) throw new Error("the server has no route");
  return description;
}

describe("server.routes()", () => {
  test("gives only method and pattern for a route without options", () => {
    expect(describeOne({})).toEqual({
      method: "GET",
      path: "/a/:id",
      flags: [],
      gates: [
        { owner: "@example/guard", kind: "gate", name: "stamp", order: 0, of: "server" },
        { owner: "@example/guard", kind: "gate", name: "everywhere", order: 100, of: "server" },
        { owner: "@example/guard", kind: "around", name: "span", order: 150, of: "server" },
      ],
      bodyLimit: null,
      streamLimit: null,
      options: {},
    });
  });

  test("decodes the flags, those that a capability has claimed included", () => {
    const { RAW_BODY, EXACT_PATH } = PacketronHandlerFlags;
    const { flags, method, path } = describeOne({
      method: PacketronRequestMethod.POST,
      flags: RAW_BODY | EXACT_PATH | (1 << 20),
    });
    expect({ flags, method, path }).toEqual({
      flags: ["RAW_BODY", "EXACT_PATH", "CSV_BODY"],
      method: "POST",
      path: "/a/:id",
    });
  });

  test("lists the gates in the order in which a request passes them, each with its owner", () => {
    const { gates } = describeOne({ flags: 1 << 20, atMost: 5 });
    expect(gates.map(({ owner, order, of }) => [owner, order, of])).toEqual([
      ["@example/guard", 0, "server"],
      ["@example/guard", 100, "server"],
      ["@example/guard", 150, "server"],
      ["@example/guard", 200, "route"],
      ["@packetron/core", 300, "route"],
    ]);
  });

  test("leaves out the gates that LOCAL_PLUGINS_ONLY skips", () => {
    const { gates } = describeOne({ flags: PacketronHandlerFlags.LOCAL_PLUGINS_ONLY });
    expect(gates.map(({ name }) => name)).toEqual(["stamp", "span"]);
  });

  test("gives the size limits of bodies in bytes: the server's default, the route's own, and none", () => {
    const caps = (options: object): unknown => {
      const { bodyLimit, streamLimit } = describeOne({ flags: 1 << 20, ...options });
      return [bodyLimit, streamLimit];
    };
    expect(caps({})).toEqual([1_000, null]);
    expect(caps({ maxRequestSizeInBytes: 50 })).toEqual([50, 50]);
    expect(caps({ maxRequestSizeInBytes: null })).toEqual([null, null]);
  });

  test("lists the options of capabilities, with a description of values other than numbers, strings and booleans", () => {
    const { options } = describeOne({ atMost: 5, words: "a b", list: [1, 2], object: { secret: 1 } });
    expect(options).toEqual({ atMost: 5, words: "a b", list: "2 entries", object: "an object" });
  });

  test("no longer lists a removed route", () => {
    const { server } = makeServer();
    const route = server.handle({ routePath: "a", handler });
    server.handle({ routePath: "b", handler });
    route.remove();
    expect(server.routes().map(({ path }) => path)).toEqual(["/b"]);
  });
});
