import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  type Capability,
  type GroupOptions,
  Packetron,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  type PacketronRoute,
  type RouteGroup,
} from "../../src/index.ts";
import { makeServer, send, startServer } from "../_server.ts";

declare module "@packetron/core" {
  interface EndpointOptions {
    /** A list, as `plugins` is one. */
    groupTestList?: readonly string[];
    /** A value that is not a list. */
    groupTestValue?: number;
  }
}

const { RAW_BODY, EXACT_PATH, SEND_RETURN_VALUE } = PacketronHandlerFlags;
const handler = (): undefined => undefined;

/** Reads the options of the tests, and refuses wrong values. */
const lists: Capability = {
  name: "lists",
  install(host) {
    host.routeOption("groupTestList", () => undefined);
    host.routeOption("groupTestValue", (value) => {
      if (value === 13) throw Object.assign(new Error("13"), { code: "PKT_TEST_VALUE" });
    });
  },
};

function make() {
  return makeServer({ capabilities: [lists] }).server;
}

/** What makes two routes the same. */
function factsOf({ method, path, flags, bodyLimit, streamLimit, options }: PacketronRoute): object {
  return { method, path, flags, bodyLimit, streamLimit, options };
}

interface Level extends GroupOptions {
  readonly prefix?: string;
}

const word = fc.constantFrom("a", "b", "c%20d", ":id");
const level = fc.record<Level>(
  {
    prefix: fc.constantFrom("", "/", "v1", "/v2", "v3/", "/a/b/"),
    method: fc.constantFrom(null, PacketronRequestMethod.GET, PacketronRequestMethod.PUT),
    flags: fc.constantFrom(null, 0, RAW_BODY, SEND_RETURN_VALUE, RAW_BODY | EXACT_PATH),
    maxRequestSizeInBytes: fc.constantFrom(null, 0, 10, 1000),
    groupTestList: fc.option(fc.array(word, { maxLength: 3 })),
    groupTestValue: fc.option(fc.integer({ min: 0, max: 9 })),
  },
  { requiredKeys: [] },
);

/** The options of the route as a user without groups would write them. */
function mergeByHand(levels: readonly Level[], routePath: string) {
  const has = (name: keyof Level) => levels.filter((one) => one[name] !== undefined);
  /** What remains of an option: the levels after the last one that cleared it. */
  const kept = (name: keyof Level) =>
    has(name).slice(has(name).findLastIndex((one) => one[name] === null) + 1);
  const parts = [...levels.map(({ prefix = "" }) => prefix), routePath];
  const last = has("maxRequestSizeInBytes").at(-1);
  const list = kept("groupTestList").flatMap(({ groupTestList }) => groupTestList ?? []);
  return {
    routePath: parts
      .flatMap((part) => part.split("/"))
      .filter((part) => part !== "")
      .join("/"),
    method: kept("method").at(-1)?.method ?? PacketronRequestMethod.GET,
    flags: kept("flags").reduce((bits, { flags }) => bits | (flags ?? 0), 0),
    ...(last?.maxRequestSizeInBytes === undefined
      ? {}
      : { maxRequestSizeInBytes: last.maxRequestSizeInBytes }),
    ...(kept("groupTestList").length === 0 ? {} : { groupTestList: list }),
    ...(kept("groupTestValue").length === 0
      ? {}
      : { groupTestValue: kept("groupTestValue").at(-1)?.groupTestValue ?? 0 }),
    handler,
  };
}

describe("a route of a group", () => {
  test("is the same as a route with the options merged by hand", () => {
    const server = make();
    const property = fc.property(fc.array(level, { minLength: 1, maxLength: 4 }), word, (levels, path) => {
      const { prefix: _, ...own } = levels.at(-1) ?? {};
      const groups = levels.slice(0, -1);
      const byHand = mergeByHand([...groups, own], path);
      let place: Packetron | RouteGroup = server;
      for (const options of groups) place = place.group(options);
      const route =
        place instanceof Packetron
          ? place.handle({ ...byHand })
          : place.handle({ ...own, routePath: path, handler });
      expect(factsOf(route)).toEqual(factsOf(server.handle(byHand)));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test.each([
    ["v1", "users", "/v1/users"],
    ["/v1/", "/users", "/v1/users"],
    ["v1", "users/", "/v1/users/"],
    ["v1", "", "/v1"],
    ["v1", "/", "/v1"],
    ["", "users", "/users"],
    ["/", "", "/"],
    ["shops/:shop", "*", "/shops/:shop/*"],
    ["caf%C3%A9", "a%20b", "/café/a b"],
  ])("of the prefix %j and the path %j has the path %j", (prefix, routePath, path) => {
    expect(make().group({ prefix }).handle({ routePath, handler }).path).toBe(path);
  });

  test("gets the parameters of all prefixes", async () => {
    const { server } = await startServer((made) => {
      const shops = made.group({ prefix: "v1/shops/:shop", flags: SEND_RETURN_VALUE });
      shops.group({ prefix: "orders" }).handle({
        routePath: ":id/*",
        handler: ({ params }) => `${params.shop} ${params.id} ${params["*"]}`,
      });
    });
    expect((await send(server, "GET /v1/shops/a/orders/7/x/y")).text).toBe("a 7 x/y");
  });

  test("keeps the limit off with null, and clears the outer value of any other option", () => {
    const group = make().group({ flags: RAW_BODY, maxRequestSizeInBytes: 10, groupTestList: ["a"] });
    expect(group.handle({ routePath: "a", maxRequestSizeInBytes: null, handler }).bodyLimit).toBe(
      Number.POSITIVE_INFINITY,
    );
    const cleared = group.handle({ routePath: "b", flags: null, groupTestList: null, handler });
    expect([cleared.flags, cleared.options]).toEqual([0, {}]);
    expect(cleared.bodyLimit).toBe(10);
  });

  test("is registered by server.handle(), which a program has replaced", () => {
    const server = make();
    const original = server.handle.bind(server);
    const seen: unknown[] = [];
    server.handle = (options) => {
      seen.push(options.routePath);
      return original(options);
    };
    const group = server.group({ prefix: "v1" });
    group.group({ prefix: "in" }).handle({ routePath: "a", handler });
    expect(seen).toEqual(["v1/in/a"]);
    group.remove();
    expect(server.routes()).toEqual([]);
  });

  test("does not change when the options of the group change later", () => {
    const options: { prefix: string; groupTestList: string[] } = { prefix: "v1", groupTestList: ["a"] };
    const group = make().group(options);
    options.groupTestList.push("b");
    options.prefix = "v2";
    const route = group.handle({ routePath: "a", groupTestList: ["c"], handler });
    expect([route.path, route.options["groupTestList"]]).toEqual(["/v1/a", ["a", "c"]]);
  });
});

describe("remove() of a group", () => {
  test("removes its routes and those of groups inside it, and no others", () => {
    const server = make();
    const outer = server.group({ prefix: "v1" });
    const inner = outer.group({ prefix: "in" });
    const beside = outer.group({ prefix: "beside" });
    outer.handle({ routePath: "a", handler });
    inner.handle({ routePath: ":id", handler });
    beside.handle({ routePath: "b", handler });
    server.handle({ routePath: "v1/own", handler });
    inner.remove();
    expect(server.routes().map(({ path }) => path)).toEqual(["/v1/a", "/v1/beside/b", "/v1/own"]);
    outer.remove();
    expect(server.routes().map(({ path }) => path)).toEqual(["/v1/own"]);
  });

  test("leaves a route that has replaced one of the group, and the group can be used again", () => {
    const server = make();
    const group = server.group({ prefix: "v1" });
    group.handle({ routePath: "a", handler });
    server.handle({ routePath: "v1/a", handler });
    group.remove();
    group.remove();
    expect(server.routes().map(({ path }) => path)).toEqual(["/v1/a"]);
    expect(group.handle({ routePath: "b", handler }).path).toBe("/v1/b");
  });
});

describe("a mistake", () => {
  /** The message and the first line of the stack that `work` throws. */
  function failureOf(work: () => unknown): { message: string; code: unknown; line: string } {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const [line = ""] = (error.stack ?? "").split("\n").filter((text) => /^\s+at /.test(text));
      return { message: error.message, code: Reflect.get(error, "code"), line };
    }
    throw new Error("nothing was thrown");
  }

  // Outside data: programs in JavaScript give values that the types forbid.
  const given = (options: unknown) => options as GroupOptions;

  test.each<[options: unknown, code: string, message: RegExp]>([
    [
      "v1",
      "PKT_OPTION_INVALID",
      /^Option "options": got "v1", expected an object such as \{ prefix: "v1" \}\.$/,
    ],
    [{ prefix: 1 }, "PKT_OPTION_INVALID", /^Option "prefix": got 1, expected a path/],
    [{ prefix: null }, "PKT_OPTION_INVALID", /^Option "prefix": got null/],
    [
      { prefix: "a//b" },
      "PKT_ROUTE_PATH",
      /^prefix "a\/\/b": an empty inner segment.* of the group "\/out\/a\/\/b"\.$/,
    ],
    [{ prefix: "*/a" }, "PKT_ROUTE_PATH", /^prefix "\*\/a": .* the group "\/out\/\*\/a"\.$/],
    [
      { prefix: "in", path: "a" },
      "PKT_OPTION_UNKNOWN",
      /^Unknown group option "path"\. Did you mean "prefix"\? .*"\/out\/in"\.$/,
    ],
    [{ handler }, "PKT_OPTION_UNKNOWN", /^Unknown group option "handler"\..* the group "\/out"\.$/],
    [{ flags: 1 << 30 }, "PKT_FLAG_UNKNOWN", /the group "\/out"\.$/],
    [{ flags: "x" }, "PKT_OPTION_INVALID", /the group "\/out"\.$/],
    [{ maxRequestSizeInBytes: -1 }, "PKT_OPTION_INVALID", /got -1, .* the group "\/out"\.$/],
  ])("in the options of a group, %j, throws %s at the caller", (options, code, message) => {
    const outer = make().group({ prefix: "out" });
    const failure = failureOf(() => outer.group(given(options)));
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(failure.line).toContain("route-group.test.ts");
  });

  test("in the options of a group without a prefix is named, too", () => {
    const { message } = failureOf(() => make().group(given({ plugin: [] })));
    expect(message).toMatch(/The options are those of a group without a prefix\.$/);
  });

  test.each<[options: object, code: string]>([
    [{ routePath: "a//b", handler }, "PKT_ROUTE_PATH"],
    [{ handler }, "PKT_ROUTE_PATH"],
    [{ routePath: ":id", handler }, "PKT_ROUTE_PATH"],
    [{ routePath: "a" }, "PKT_ROUTE_HANDLER"],
    [{ routePath: "a", handler, method: "GET" }, "PKT_ROUTE_METHOD"],
    [{ routePath: "a", handler, groupTestValue: 13 }, "PKT_TEST_VALUE"],
  ])("in the options of a route, %j, throws %s at the caller and names the group", (options, code) => {
    const group = make().group({ prefix: "users/:id" });
    const failure = failureOf(() => Reflect.apply(group.handle, group, [options]));
    expect(failure).toMatchObject({
      code,
      message: expect.stringMatching(/ The route is in the group "\/users\/:id"\.$/),
    });
  });

  test("in a route has a stack that begins at the caller of the group", () => {
    const group = make().group({ prefix: "v1" });
    expect(failureOf(() => group.handle({ routePath: "*/a", handler })).line).toContain(
      "route-group.test.ts",
    );
  });
});

test("a route that was removed is not kept alive by its group", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: unknown = runInNewContext("gc");
  if (typeof collectGarbage !== "function") throw new Error("gc() is missing");
  const group = make().group({ prefix: "v1" });
  const addAndRemove = (routePath: string) => {
    const route = group.handle({ routePath, handler });
    route.remove();
    return new WeakRef(route);
  };
  const removed = ["a", "b", "c"].map(addAndRemove);
  await vi.waitFor(() => {
    collectGarbage();
    expect(removed.filter((reference) => reference.deref() !== undefined)).toHaveLength(0);
  });
  expect(group.prefix).toBe("/v1");
});
