import type { Gate } from "@packetron/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PacketronPlugin } from "../src/plugin.ts";
import { PacketronPluginManager } from "../src/plugin-manager.ts";

/** A manager, and the gates it has added to a chain. The chain appends, like core's for gates of the same order. */
function makeManager(): { readonly manager: PacketronPluginManager; readonly gates: Gate[] } {
  const gates: Gate[] = [];
  const manager = new PacketronPluginManager((gate) => {
    gates.push(gate);
    return () => void gates.splice(gates.indexOf(gate), 1);
  });
  return { manager, gates };
}

/** Makes a plugin with its own handler, so that tests can distinguish the gates. */
function makePlugin(priority: number): PacketronPlugin {
  return new PacketronPlugin({ priority, handler: () => priority });
}

describe("a manager", () => {
  test("runs the highest priority first, and equal ones in the order of insertion", () => {
    const { manager, gates } = makeManager();
    const [low, first, high, second] = [2, 4, 6, 4].map(makePlugin);
    for (const plugin of [low, first, high, second]) if (plugin !== undefined) manager.insert(plugin);
    expect([...manager]).toEqual([high, first, second, low]);
    expect(gates).toEqual([high, first, second, low].map((plugin) => plugin?.handler));
  });

  test("keeps the order of insertion when two priorities become equal later", () => {
    const { manager } = makeManager();
    const [one, other] = [makePlugin(1), makePlugin(9)];
    manager.insert(one, other);
    one.setPriority(9);
    expect([...manager][0]).toBe(one);
  });

  test("has a plugin once, at its first place, after any number of insertions", () => {
    const { manager, gates } = makeManager();
    const [one, other] = [makePlugin(4), makePlugin(4)];
    manager.insert(one, one).insert(other).insert(one, other);
    expect([...manager]).toEqual([one, other]);
    expect(manager.size).toBe(2);
    expect(gates).toHaveLength(2);
  });

  test("puts a plugin that is inserted again after those with the same priority", () => {
    const { manager } = makeManager();
    const [one, other] = [makePlugin(4), makePlugin(4)];
    manager.insert(one, other);
    expect(manager.remove(one)).toBe(true);
    expect(manager.remove(one)).toBe(false);
    expect(manager.has(one)).toBe(false);
    manager.insert(one);
    expect([...manager][0]).toBe(other);
  });

  test("rebuilds the chain only from the first change on", () => {
    const calls: string[] = [];
    const manager = new PacketronPluginManager((gate) => {
      calls.push(`add ${gate.name}`);
      return () => calls.push(`remove ${gate.name}`);
    });
    const [a, b, c] = [
      new PacketronPlugin({ priority: 3, handler: function a() {} }),
      new PacketronPlugin({ priority: 2, handler: function b() {} }),
      new PacketronPlugin({ priority: 1, handler: function c() {} }),
    ];
    manager.insert(a, b, c);
    c.setPriority(2.5);
    c.setPriority(2.6);
    expect(calls).toEqual(["add a", "add b", "add c", "remove b", "remove c", "add c", "add b"]);
  });

  test("refuses a value that is not a plugin, names its index, and adds none of the others", () => {
    const { manager, gates } = makeManager();
    const fine = makePlugin(4);
    const insertion = (): unknown => Reflect.apply(manager.insert, manager, [fine, () => true]);
    expect(insertion).toThrow(
      expect.objectContaining({
        code: "PKT_PLUGIN_INVALID",
        message: expect.stringMatching(/^plugins\[1\] is a function, .*PacketronPlugin\.create/),
      }),
    );
    expect([manager.size, gates.length]).toEqual([0, 0]);
    expect(fine.remove()).toBe(false);
  });

  test("is iterated as it was when the iteration began", () => {
    const { manager } = makeManager();
    const all = [3, 2, 1].map(makePlugin);
    manager.insert(...all);
    const seen: PacketronPlugin[] = [];
    for (const plugin of manager) {
      seen.push(plugin);
      manager.remove(plugin);
    }
    expect(seen).toEqual(all);
    expect(manager.size).toBe(0);
  });
});

/** One change, with indices into the managers and plugins of a run. */
type Change =
  | { readonly verb: "insert"; readonly manager: number; readonly plugin: number }
  | { readonly verb: "remove"; readonly manager: number; readonly plugin: number }
  | { readonly verb: "removeEverywhere"; readonly plugin: number }
  | { readonly verb: "setPriority"; readonly plugin: number; readonly priority: number };

const MANAGERS = 2;
const PLUGINS = 5;
const manager = fc.nat(MANAGERS - 1);
const plugin = fc.nat(PLUGINS - 1);
const priority = fc.integer({ min: 0, max: 3 });
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ verb: fc.constant("insert" as const), manager, plugin }) },
    { weight: 2, arbitrary: fc.record({ verb: fc.constant("remove" as const), manager, plugin }) },
    { weight: 1, arbitrary: fc.record({ verb: fc.constant("removeEverywhere" as const), plugin }) },
    { weight: 3, arbitrary: fc.record({ verb: fc.constant("setPriority" as const), plugin, priority }) },
  ),
  { maxLength: 40 },
);

/** A naive manager: plugin numbers in the order of insertion, searched for the next one to run. */
class Model {
  readonly lists: number[][] = Array.from({ length: MANAGERS }, () => []);
  readonly priorities: number[] = Array(PLUGINS).fill(4);

  apply(change: Change): void {
    if (change.verb === "setPriority") {
      this.priorities[change.plugin] = change.priority;
      return;
    }
    for (const [index, list] of this.lists.entries()) {
      if (change.verb !== "removeEverywhere" && index !== change.manager) continue;
      const place = list.indexOf(change.plugin);
      if (change.verb === "insert" && place === -1) list.push(change.plugin);
      if (change.verb !== "insert" && place !== -1) list.splice(place, 1);
    }
  }

  running(index: number): number[] {
    const waiting = [...(this.lists[index] ?? [])];
    const order: number[] = [];
    while (waiting.length > 0) {
      const highest = Math.max(...waiting.map((number) => this.priorities[number] ?? 0));
      const next = waiting.findIndex((number) => this.priorities[number] === highest);
      order.push(...waiting.splice(next, 1));
    }
    return order;
  }
}

test("after any changes, every manager runs the same plugins in the same order as a naive model", () => {
  fc.assert(
    fc.property(changes, (list) => {
      const model = new Model();
      const made = Array.from({ length: MANAGERS }, makeManager);
      const all = Array.from({ length: PLUGINS }, () => makePlugin(4));
      for (const change of list) {
        model.apply(change);
        const subject = all[change.plugin];
        const target = "manager" in change ? made[change.manager]?.manager : undefined;
        if (subject === undefined) throw new Error("no such plugin");
        if (change.verb === "insert") target?.insert(subject);
        if (change.verb === "remove") target?.remove(subject);
        if (change.verb === "removeEverywhere") subject.remove();
        if (change.verb === "setPriority") subject.setPriority(change.priority);
        for (const [index, { manager: real, gates }] of made.entries()) {
          const expected = model.running(index);
          expect([...real].map((each) => all.indexOf(each))).toEqual(expected);
          expect(gates.map((gate) => all.findIndex(({ handler }) => handler === gate))).toEqual(expected);
        }
      }
    }),
  );
});
