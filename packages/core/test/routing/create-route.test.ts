import { afterEach, describe, expect, test, vi } from "vitest";
import type { BodyParser } from "../../src/capability/body-parser.ts";
import { Registry } from "../../src/capability/registry.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { resolveServerSettings } from "../../src/config/settings.ts";
import * as runtime from "../../src/node/runtime.ts";
import { createRoute, type RouteContext } from "../../src/routing/create-route.ts";
import { HandlerTimeouts } from "../../src/routing/handler-timeout.ts";
import { PacketronRoute } from "../../src/routing/route.ts";
import { makeExchange } from "../_routes.ts";

vi.mock("../../src/node/runtime.ts", { spy: true });
afterEach(() => vi.mocked(runtime.currentRuntime).mockReset());

const handler = (): void => undefined;

/** Makes the context of a route, with two body parsers and an option that adds a gate. */
function makeContext(): RouteContext & { readonly read: unknown[] } {
  const registry = new Registry();
  const read: unknown[] = [];
  const text: BodyParser = {
    flag: 1 << 20,
    name: "TEXT",
    mediaTypes: [],
    form: "text",
    parse: (body) => body,
  };
  const stream: BodyParser = {
    flag: 1 << 21,
    name: "STREAM",
    mediaTypes: [],
    form: "stream",
    open: async () => ({ body: null }),
  };
  registry.claimBodyParser("one", text);
  registry.claimBodyParser("one", stream);
  registry.claimRouteOption("one", "greeting", (value, route) => {
    read.push(value, route);
    route.addStep({ order: 0, gate: () => true });
  });
  const settings = resolveServerSettings({ defaultBodyLimit: 1000 });
  return {
    registry,
    settings,
    defaultFlags: 0,
    defaultTimeout: 0,
    timeouts: new HandlerTimeouts(),
    routeClass: PacketronRoute,
    remove: () => undefined,
    read,
  };
}

/** Calls createRoute() with a value of any type, like JavaScript. */
function createFrom(options: unknown, context: RouteContext = makeContext()): unknown {
  return Reflect.apply(createRoute, undefined, [options, context]);
}

describe("createRoute", () => {
  test("makes a GET route without flags by default", () => {
    const route = createRoute({ routePath: "a", handler }, makeContext());
    expect(route).toMatchObject({ method: 0, flags: 0, path: "/a", pattern: null, bodyParsers: [] });
    expect(route.run).toBe(handler);
  });

  test("calls the reader of each claimed option that the route sets, and no other", () => {
    const context = makeContext();
    const silent = createRoute({ routePath: "a", handler }, context);
    expect(context.read).toEqual([]);
    expect(silent.run).toBe(handler);
    const options = { routePath: "a", handler, greeting: null };
    const loud = createRoute(options, context);
    expect(context.read).toEqual([null, loud]);
    const { request, response } = makeExchange();
    expect(loud.run(request, response)).toBeUndefined();
    expect(loud.run).not.toBe(handler);
  });

  test("throws what an option's reader throws", () => {
    const context = makeContext();
    context.registry.claimRouteOption("one", "strict", () => {
      throw new RangeError("strict wants a number");
    });
    expect(() => createFrom({ routePath: "a", handler, strict: "x" }, context)).toThrow(
      new RangeError("strict wants a number"),
    );
  });

  describe("selects the size limit of the body", () => {
    const [TEXT, STREAM] = [1 << 20, 1 << 21];
    test.each<[what: string, flags: number, own: number | null | undefined, limit: number]>([
      ["the server's, for a parser that buffers", TEXT, undefined, 1000],
      ["the server's, for two parsers of which one buffers", TEXT | STREAM, undefined, 1000],
      ["none, for a parser that streams", STREAM, undefined, Number.POSITIVE_INFINITY],
      ["none, for a route without a parser", 0, undefined, Number.POSITIVE_INFINITY],
      [
        "none, for a route that does not use the body",
        TEXT | PacketronHandlerFlags.DONT_USE_BODY,
        undefined,
        Number.POSITIVE_INFINITY,
      ],
      ["the route's own, larger", TEXT, 5000, 5000],
      ["the route's own, smaller", TEXT, 5, 5],
      ["the route's own, zero", TEXT, 0, 0],
      ["the route's own, for a parser that streams", STREAM, 5, 5],
      ["the route's own, without a parser", 0, 5, 5],
      ["none, where the route sets null", TEXT, null, Number.POSITIVE_INFINITY],
    ])("%s", (_what, flags, own, limit) => {
      const options = {
        routePath: "a",
        handler,
        flags,
        ...(own === undefined ? {} : { maxRequestSizeInBytes: own }),
      };
      expect(createRoute(options, makeContext()).bodyLimit).toBe(limit);
    });
  });

  describe("refuses a wrong route, with a hint", () => {
    test.each<[code: string, options: unknown, message: RegExp]>([
      [
        "PKT_OPTION_INVALID",
        undefined,
        /Option "options": got undefined, expected an object such as \{ routePath: "a", handler \}/,
      ],
      ["PKT_OPTION_INVALID", "users", /got "users", expected an object/],
      ["PKT_ROUTE_PATH", { handler }, /routePath undefined: expected a string such as/],
      ["PKT_ROUTE_PATH", { routePath: "a//b", handler }, /routePath "a\/\/b": an empty inner segment/],
      [
        "PKT_ROUTE_HANDLER",
        { routePath: "a" },
        /^handle\(\) for "\/a" got undefined as handler, expected a function/,
      ],
      ["PKT_ROUTE_HANDLER", { routePath: "a", handler: "b" }, /got "b" as handler/],
      ["PKT_ROUTE_HANDLER", { routePath: "a", handler: [handler] }, /got an array as handler/],
      [
        "PKT_ROUTE_METHOD",
        { routePath: "a", handler, method: "GET" },
        /^handle\(\) for "\/a" got "GET" as method.*PacketronRequestMethod\.GET/,
      ],
      [
        "PKT_OPTION_INVALID",
        { routePath: "a", handler, handlerTimeout: "5s" },
        /"handlerTimeout": got "5s", expected an integer number of milliseconds, 0 to 2147483647, or false/,
      ],
      ["PKT_OPTION_INVALID", { routePath: "a", handler, handlerTimeout: null }, /"handlerTimeout": got null/],
      ["PKT_ROUTE_METHOD", { routePath: "a", handler, method: 7 }, /got 7 as method/],
      ["PKT_ROUTE_METHOD", { routePath: "a", handler, method: -1 }, /got -1 as method/],
      ["PKT_ROUTE_METHOD", { routePath: "a", handler, method: 0.5 }, /got 0\.5 as method/],
      ["PKT_ROUTE_METHOD", { routePath: "a", handler, method: null }, /got null as method/],
      [
        "PKT_OPTION_UNKNOWN",
        { routePath: "a", handler, greting: 1 },
        /Unknown route option "greting"\. Did you mean "greeting"\?/,
      ],
      [
        "PKT_OPTION_UNKNOWN",
        { routePath: "a", handler, colour: 1 },
        /Unknown route option "colour"\. Known: method, routePath/,
      ],
      ["PKT_OPTION_UNKNOWN", { routePath: "a", handler, plugins: [] }, /npm install @packetron\/plugins/],
      [
        "PKT_OPTION_INVALID",
        { routePath: "a", handler, maxRequestSizeInBytes: "1mb" },
        /"maxRequestSizeInBytes": got "1mb"/,
      ],
      ["PKT_OPTION_INVALID", { routePath: "a", handler, flags: "JSON_BODY" }, /"flags": got "JSON_BODY"/],
      [
        "PKT_FLAG_UNKNOWN",
        { routePath: "a", handler, flags: 1 << 29 },
        /Unknown bit 1 << 29 in handler flags/,
      ],
      ["PKT_FLAG_UNCLAIMED", { routePath: "a", handler, flags: 1 }, /JSON_BODY needs @packetron\/body-json/],
    ])("%s: %o", (code, options, message) => {
      expect(() => createFrom(options)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      );
    });
  });
});

describe("on Deno", () => {
  const deno = (flags: number): PacketronRoute => {
    vi.mocked(runtime.currentRuntime).mockReturnValue("deno");
    return createRoute({ routePath: "a", handler, flags }, makeContext());
  };

  test.each([1 << 20, 1 << 21, PacketronHandlerFlags.RAW_BODY])(
    "a route that reads bodies (%i) is refused",
    (flags) => {
      expect(() => deno(flags)).toThrow(expect.objectContaining({ code: "PKT_ROUTE_RUNTIME" }));
    },
  );

  test("a route without a body is made", () => {
    expect(deno(0).path).toBe("/a");
  });
});
