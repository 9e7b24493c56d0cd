import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Capability, CapabilityHost, Packetron, PacketronRoute } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { PacketronPlugin, plugins } from "../src/index.ts";
import { makeServer } from "./_server.ts";

describe("unused plugins cost nothing", () => {
  /** The capability, and a function that counts its current gates. */
  function countGates(): {
    readonly counted: Capability;
    readonly counts: { server: number; route: number };
  } {
    const counts = { server: 0, route: 0 };
    const counted: Capability = {
      name: "counted",
      install(host) {
        const gate: CapabilityHost["gate"] = (order, added, route) => {
          const where = route === undefined ? "server" : "route";
          counts[where]++;
          const remove = host.gate(order, added, route);
          return () => {
            counts[where]--;
            remove();
          };
        };
        plugins().install({ ...host, gate });
      },
    };
    return { counted, counts };
  }

  test("a route without plugins runs its handler directly, also after its plugins were removed", () => {
    const { server } = makeServer();
    const handler = (): void => undefined;
    const plain = server.handle({ routePath: "plain", handler });
    const empty = server.handle({ routePath: "empty", plugins: [], handler });
    expect([plain.run, empty.run]).toEqual([handler, handler]);
    expect(plain.plugins.size).toBe(0);
    const plugin = PacketronPlugin.create({ handler: () => true });
    plain.plugins.insert(plugin);
    expect(plain.run).not.toBe(handler);
    plugin.remove();
    expect(plain.run).toBe(handler);
  });

  test("gates exist from the first plugin to the removal of the last", () => {
    const { counted, counts } = countGates();
    const { server } = makeServer({ capabilities: [counted], plugins: [] });
    const route = server.handle({ routePath: "a", handler: () => undefined });
    expect([route.plugins.size, server.globalPlugins.size, counts]).toEqual([0, 0, { server: 0, route: 0 }]);
    const [one, other] = [1, 2].map((priority) =>
      PacketronPlugin.create({ priority, handler: () => undefined }),
    );
    if (one === undefined || other === undefined) throw new Error("two routes expected");
    server.globalPlugins.insert(one, other);
    route.plugins.insert(one);
    expect(counts).toEqual({ server: 2, route: 1 });
    one.remove();
    expect(counts).toEqual({ server: 1, route: 0 });
    other.remove();
    expect(counts).toEqual({ server: 0, route: 0 });
  });

  test("a removed route can be collected, although its plugin is still in use", async () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const { server } = makeServer();
    const shared = PacketronPlugin.create({ handler: () => undefined });
    const removed = addAndRemove(server, shared);
    for (let turn = 0; turn < 100 && removed.some((route) => route.deref() !== undefined); turn++) {
      await nextTurn();
      collect();
    }
    expect(removed.filter((route) => route.deref() !== undefined)).toEqual([]);
    expect(shared.remove()).toBe(false);
  });

  function addAndRemove(server: Packetron, plugin: PacketronPlugin): WeakRef<PacketronRoute>[] {
    return Array.from({ length: 20 }, (_, index) => {
      const route = server.handle({ routePath: `r${index}`, plugins: [plugin], handler: () => undefined });
      route.remove();
      return new WeakRef(route);
    });
  }
});
