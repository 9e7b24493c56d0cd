import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, test, vi } from "vitest";
import { PacketronPlugin, plugins } from "../src/index.ts";
import { makeNoter, makeServer, send, startServer } from "./_server.ts";

describe("plugins() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(plugins)) test(name, run);
});

/** The value of an option that the types forbid. */
function forbidden(value: unknown): never[] {
  return Object(value);
}

describe("the option plugins", () => {
  test.each([
    ["a plugin without a list", PacketronPlugin.create({ handler: () => true }), /"plugins": got an object/],
    ["null", null, /got null, expected a list of PacketronPlugin/],
    ["a set", new Set(), /got an object/],
  ])("refuses %s, of the constructor and of routes", (_name, value, message) => {
    const invalid = expect.objectContaining({
      code: "PKT_OPTION_INVALID",
      message: expect.stringMatching(message),
    });
    const list = value === null ? value : Object(value);
    expect(() => makeServer({ plugins: list })).toThrow(invalid);
    const { server } = makeServer();
    expect(() => server.handle({ routePath: "a", plugins: list, handler: () => undefined })).toThrow(invalid);
  });

  test.each<readonly [name: string, entry: unknown, message: RegExp]>([
    ["a function", () => true, /^plugins\[1\] is a function/],
    ["an object that looks like one", { priority: 4, handler: () => true }, /^plugins\[1\] is an object/],
    ["nothing", undefined, /^plugins\[1\] is undefined/],
  ])("refuses %s in the list, and attaches none of its plugins", (_name, entry, message) => {
    const fine = PacketronPlugin.create({ handler: () => undefined });
    const invalid = expect.objectContaining({
      code: "PKT_PLUGIN_INVALID",
      message: expect.stringMatching(message),
    });
    const list = forbidden([fine, entry]);
    expect(() => makeServer({ plugins: list })).toThrow(invalid);
    const { server } = makeServer();
    expect(() => server.handle({ routePath: "a", plugins: list, handler: () => undefined })).toThrow(invalid);
    expect(fine.remove()).toBe(false);
  });

  test("is refused with the package to install, where the package is not installed", () => {
    expect(() => makeServer({ capabilities: [], plugins: [] })).toThrow(/npm install @packetron\/plugins/);
  });

  test("is copied: a later change of the list has no effect", () => {
    const list: PacketronPlugin[] = [];
    const { server } = makeServer({ plugins: list });
    list.push(PacketronPlugin.create({ handler: () => undefined }));
    expect(server.globalPlugins.size).toBe(0);
  });
});

describe("server.insertGlobalPlugin()", () => {
  test("works while the server runs, and returns the server", async () => {
    const { server } = await startServer(() => undefined);
    expect((await send(server, "GET /")).status).toBe(404);
    const teapot = PacketronPlugin.create({ handler: (_request, response) => response.sendStatusCode(418) });
    expect(server.insertGlobalPlugin(teapot)).toBe(server);
    expect((await send(server, "GET /")).status).toBe(418);
    teapot.remove(server.globalPlugins);
    expect((await send(server, "GET /")).status).toBe(404);
  });

  test("refuses a value that is not a plugin", () => {
    const { server } = makeServer();
    const insertion = (): unknown => Reflect.apply(server.insertGlobalPlugin, server, [() => true]);
    expect(insertion).toThrow(expect.objectContaining({ code: "PKT_PLUGIN_INVALID" }));
    expect(insertion).toThrow(/^The argument of insertGlobalPlugin\(\) is a function/);
  });
});

test("a plugin of another copy of the package is accepted", async () => {
  vi.resetModules();
  const { PacketronPlugin: Other } = await import("../src/index.ts");
  expect(Other).not.toBe(PacketronPlugin);
  const { ran, note } = makeNoter();
  const foreign = new Other({ priority: 6, handler: () => void ran.push("foreign") });
  const { server } = await startServer(() => undefined, { plugins: [note("own"), foreign] });
  await send(server, "GET /");
  foreign.setPriority(1);
  await send(server, "GET /");
  expect(foreign.remove(server.globalPlugins)).toBe(true);
  await send(server, "GET /");
  expect(ran).toEqual(["foreign", "own", "own", "foreign", "own"]);
});
