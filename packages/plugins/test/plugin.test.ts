import { isPacketronError } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { pluginError } from "../src/errors.ts";
import { PacketronPlugin, PacketronPluginPriority, pluginErrorCodes } from "../src/index.ts";
import { makeServer } from "./_server.ts";

const handler = (): void => undefined;

/** Makes a plugin from options that the types forbid. */
function makeOf(options: unknown): PacketronPlugin {
  return Reflect.construct(PacketronPlugin, [options]);
}

/** The error that a call throws. */
function errorOf(call: () => unknown): { readonly code: string; readonly message: string } {
  try {
    call();
  } catch (error) {
    if (isPacketronError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe.each([
  ["new PacketronPlugin()", (options: unknown) => makeOf(options)],
  [
    "PacketronPlugin.create()",
    (options: unknown): PacketronPlugin => Reflect.apply(PacketronPlugin.create, undefined, [options]),
  ],
])("%s", (_name, make) => {
  test("makes a plugin of a handler and a priority", () => {
    const plugin = make({ handler, priority: PacketronPluginPriority.HIGH });
    expect(plugin).toBeInstanceOf(PacketronPlugin);
    expect(plugin.handler).toBe(handler);
    expect(plugin.priority).toBe(6);
  });

  test.each([{ handler }, { handler, priority: undefined }])(
    "has the priority MEDIUM when none is given",
    (options) => {
      expect(make(options).priority).toBe(PacketronPluginPriority.MEDIUM);
    },
  );

  test.each<readonly [options: object, name: string]>([
    [{ handler, name: "auth" }, "auth"],
    [{ handler: function authenticate() {} }, "authenticate"],
    [{ handler: () => undefined }, ""],
    [{ handler: () => undefined, name: undefined }, ""],
  ])("%o has the name %j", (options, name) => {
    expect(make(options).name).toBe(name);
  });

  test.each([0, 8, -1, 100, 4.5, -0])("accepts the priority %d", (priority) => {
    expect(make({ handler, priority }).priority).toBe(priority);
  });

  test.each<readonly [options: unknown, code: string, message: RegExp]>([
    [undefined, "PKT_OPTION_INVALID", /^Option "PacketronPlugin": got undefined, expected an object/],
    [null, "PKT_OPTION_INVALID", /got null/],
    [handler, "PKT_OPTION_INVALID", /got a function \(handler\), .*\{ priority, handler \}/],
    ["auth", "PKT_OPTION_INVALID", /got "auth"/],
    [{}, "PKT_PLUGIN_HANDLER", /got undefined as handler/],
    [{ handler: null }, "PKT_PLUGIN_HANDLER", /got null as handler/],
    [{ handler: "x".repeat(99) }, "PKT_PLUGIN_HANDLER", /got "x{60}…" as handler/],
    [{ handler: {} }, "PKT_PLUGIN_HANDLER", /got an object as handler/],
    [{ handler: [handler] }, "PKT_PLUGIN_HANDLER", /got an array as handler/],
    [{ handler, name: 5 }, "PKT_OPTION_INVALID", /^Option "PacketronPlugin.name": got 5, expected a text/],
    [{ handler, priority: null }, "PKT_PLUGIN_PRIORITY", /got null as priority/],
    [{ handler, priority: "HIGH" }, "PKT_PLUGIN_PRIORITY", /got "HIGH".*PacketronPluginPriority/],
    [{ handler, priority: Number.NaN }, "PKT_PLUGIN_PRIORITY", /got NaN/],
    [{ handler, priority: Number.POSITIVE_INFINITY }, "PKT_PLUGIN_PRIORITY", /got Infinity/],
    [{ handler, priority: 5n }, "PKT_PLUGIN_PRIORITY", /got 5/],
    [
      { handler, prioirty: 6 },
      "PKT_OPTION_UNKNOWN",
      /"PacketronPlugin.prioirty"\. Did you mean "priority"\?/,
    ],
  ])("refuses %o with %s", (options, code, message) => {
    expect(errorOf(() => make(options))).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe("setPriority()", () => {
  test("returns the plugin, so that calls can be chained", () => {
    const plugin = PacketronPlugin.create({ handler });
    expect(plugin.setPriority(PacketronPluginPriority.LOW)).toBe(plugin);
    expect(plugin.priority).toBe(2);
  });

  test.each([undefined, null, "5", Number.NaN, Number.NEGATIVE_INFINITY])(
    "refuses %o and leaves the priority as it was",
    (priority) => {
      const plugin = PacketronPlugin.create({ handler });
      const { code } = errorOf(() => Reflect.apply(plugin.setPriority, plugin, [priority]));
      expect(code).toBe("PKT_PLUGIN_PRIORITY");
      expect(plugin.priority).toBe(4);
    },
  );

  test("sorts every manager that has the plugin", () => {
    const [one, other] = [PacketronPlugin.create({ handler }), PacketronPlugin.create({ handler })];
    const managers = [makeServer(), makeServer()].map(({ server }) => server.globalPlugins);
    for (const manager of managers) manager.insert(one, other);
    other.setPriority(PacketronPluginPriority.HIGH);
    expect(managers.map((manager) => [...manager])).toEqual([
      [other, one],
      [other, one],
    ]);
  });
});

describe("remove()", () => {
  test("without an argument removes the plugin from all managers", () => {
    const plugin = PacketronPlugin.create({ handler });
    const servers = [makeServer().server, makeServer().server];
    for (const server of servers) server.insertGlobalPlugin(plugin);
    expect(plugin.remove()).toBe(true);
    expect(servers.map((server) => server.globalPlugins.size)).toEqual([0, 0]);
    expect(plugin.remove()).toBe(false);
  });

  test("with a manager removes it from this one only", () => {
    const plugin = PacketronPlugin.create({ handler });
    const { server } = makeServer({ plugins: [plugin] });
    const route = server.handle({ routePath: "a", plugins: [plugin], handler });
    expect(plugin.remove(route.plugins)).toBe(true);
    expect([route.plugins.size, server.globalPlugins.size]).toEqual([0, 1]);
    expect(plugin.remove(route.plugins)).toBe(false);
  });

  test("refuses a server, a route and other values that are not a manager, and removes nothing", () => {
    const plugin = PacketronPlugin.create({ handler });
    const { server } = makeServer({ plugins: [plugin] });
    const route = server.handle({ routePath: "a", plugins: [plugin], handler });
    for (const wrong of [server, route, null, "all", [route.plugins]]) {
      const { code } = errorOf(() => Reflect.apply(plugin.remove, plugin, [wrong]));
      expect(code).toBe("PKT_PLUGIN_MANAGER");
    }
    expect([route.plugins.size, server.globalPlugins.size]).toEqual([1, 1]);
  });
});

test.each(pluginErrorCodes)("the message of %s contains the received value", (code) => {
  const error = pluginError(code, { received: "NaN", place: "plugins[3]" });
  expect(error).toMatchObject({ code, status: undefined });
  expect(error.message).toMatch(/NaN.*expected/);
});

test("the name of a plugin names its gates in server.routes(), of the server and of a route", () => {
  function limit(): void {}
  const { server } = makeServer({ plugins: [new PacketronPlugin({ name: "auth", handler })] });
  server.handle({
    routePath: "a",
    plugins: [PacketronPlugin.create({ handler: limit }), PacketronPlugin.create({ handler, name: "audit" })],
    handler,
  });
  expect(server.routes()[0]?.gates.map(({ name, of }) => [name, of])).toEqual([
    ["auth", "server"],
    ["limit", "route"],
    ["audit", "route"],
  ]);
});
