import { describe, expect, test } from "vitest";
import type { Capability } from "../../src/capability/contract.ts";
import { Packetron } from "../../src/index.ts";

function makeServer(...capabilities: readonly Capability[]): Packetron {
  return new Packetron({ maxThreads: 1, capabilities });
}

function read(object: object, name: string): unknown {
  return Reflect.get(object, name);
}

function call(server: Packetron, name: string): unknown {
  const method = read(server, name);
  return typeof method === "function" ? Reflect.apply(method, server, []) : method;
}

describe("a member of a package that the server does not have throws PKT_MEMBER_UNCLAIMED:", () => {
  test.each([
    [
      "serve",
      "server.serve() needs @packetron/static: npm install @packetron/static, then add staticFiles()",
    ],
    ["serveFile", "server.serveFile() needs @packetron/static"],
    ["unserve", "server.unserve() needs @packetron/static"],
    [
      "setGlobalData",
      "server.setGlobalData() needs @packetron/global-data: npm install @packetron/global-data",
    ],
    ["getGlobalData", "server.getGlobalData() needs @packetron/global-data"],
    ["updateGlobalData", "then add globalData() to capabilities."],
    ["deleteGlobalData", "server.deleteGlobalData() needs @packetron/global-data"],
    ["insertGlobalPlugin", "server.insertGlobalPlugin() needs @packetron/plugins"],
    [
      "metrics",
      "server.metrics needs @packetron/metrics: npm install @packetron/metrics, then add metrics()",
    ],
    [
      "globalPlugins",
      "server.globalPlugins needs @packetron/plugins: npm install @packetron/plugins, then add plugins()",
    ],
  ])("server.%s", (name, message) => {
    expect(() => call(makeServer(), name)).toThrow(
      expect.objectContaining({ code: "PKT_MEMBER_UNCLAIMED", message: expect.stringContaining(message) }),
    );
  });

  test("route.plugins", () => {
    const route = makeServer().handle({ routePath: "a", handler: () => undefined });
    expect(() => read(route, "plugins")).toThrow("route.plugins needs @packetron/plugins");
  });
});

describe("a method of another framework throws PKT_MEMBER_UNKNOWN, with what to write:", () => {
  test.each([
    ["get", 'Packetron has no server.get(). Write server.handle({ routePath: "users/:id", handler }).'],
    ["post", 'Write server.handle({ method: PacketronRequestMethod.POST, routePath: "users", handler }).'],
    ["listen", "Write new Packetron({ port: 3000 }), and server.start()."],
    ["close", "Write server.stop()."],
    ["use", "Write server.insertGlobalPlugin(PacketronPlugin.create({ handler }))."],
  ])("server.%s()", (name, message) => {
    expect(() => call(makeServer(), name)).toThrow(
      expect.objectContaining({ code: "PKT_MEMBER_UNKNOWN", message: expect.stringContaining(message) }),
    );
  });
});

test("the stack begins at the line of the program", () => {
  const server = makeServer();
  for (const name of ["get", "globalPlugins"]) {
    try {
      call(server, name);
      expect.unreachable();
    } catch (error) {
      expect(error instanceof Error ? error.stack?.split("\n")[1] : "").toMatch(
        /placeholders\.test\.ts|at Reflect\.get /,
      );
    }
  }
});

test("a capability may add a member of such a name, once", () => {
  const shorthand = (name: string): Capability => ({
    name,
    install: (host) => host.extend("server", "get", () => name),
  });
  expect(call(makeServer(shorthand("one")), "get")).toBe("one");
  expect(() => makeServer(shorthand("one"), shorthand("two"))).toThrow(
    expect.objectContaining({ code: "PKT_CAPABILITY_CONFLICT" }),
  );
  expect(() => call(makeServer(), "get")).toThrow("Packetron has no server.get()");
});

test("a program may set such a member", () => {
  const server = makeServer();
  Object.assign(server, { get: () => 7 });
  expect(call(server, "get")).toBe(7);
});

test("requests and responses have none, because middleware asks what they are", async () => {
  const { PacketronRequest, PacketronResponse } = await import("../../src/index.ts");
  for (const name of ["json", "status", "sendFile", "redirectTo"])
    expect(name in PacketronResponse.prototype).toBe(false);
  for (const name of ["json", "body", "get"]) expect(name in PacketronRequest.prototype).toBe(false);
});

test("they are not listed among the members of a server", () => {
  const server = makeServer();
  const listed: string[] = [];
  for (const name in server) listed.push(name);
  expect(listed).not.toContain("get");
  expect(Object.keys(Packetron.prototype)).toEqual([]);
});
