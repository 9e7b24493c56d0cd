/** Bodies that try to pollute a prototype, and assertions that detect pollution. */
import assert from "node:assert/strict";
import { isObject } from "../errors/narrow.ts";

/** Prototype pollution in common text formats. A parser must refuse these bodies or read them as plain data. */
export const hostileTexts: readonly string[] = [
  '{"__proto__":{"polluted":true}}',
  '{"a":[{"__proto__":{"polluted":true}}]}',
  String.raw`{"\u005f_proto__":{"polluted":true}}`,
  '{"constructor":{"prototype":{"polluted":true}}}',
  String.raw`{"constr\u0075ctor":{"prototype":{"polluted":true}}}`,
  "__proto__[polluted]=true",
  "__proto__.polluted=true&a.__proto__.polluted=true",
  "constructor[prototype][polluted]=true",
  "<__proto__><polluted>true</polluted></__proto__>",
  '<a __proto__="polluted"><constructor><prototype><polluted>true</polluted></prototype></constructor></a>',
  "__proto__:\n  polluted: true\n",
  "[__proto__]\npolluted = true\n",
];

const builtIns: readonly object[] = [Object.prototype, Array.prototype, Function.prototype];

/** Runs a function, and rejects when it has added members to a built-in prototype. Removes the added members. */
export async function assertNoPollution<Value>(run: () => Promise<Value>): Promise<Value> {
  const before = builtIns.map((builtIn) => Reflect.ownKeys(builtIn));
  try {
    return await run();
  } finally {
    const added = builtIns.flatMap((builtIn, index) =>
      Reflect.ownKeys(builtIn)
        .filter((key) => !before[index]?.includes(key))
        .map((key) => ({ builtIn, key })),
    );
    for (const { builtIn, key } of added) Reflect.deleteProperty(builtIn, key);
    const names = added.map(({ key }) => String(key)).join(", ");
    assert.equal(names, "", `a body added members to a built-in prototype: ${names}`);
  }
}

/**
 * Fails when a value has polluted a prototype, or would do so when it is copied into another object. It looks for a
 * replaced prototype, an own `__proto__`, and an own `constructor` with an own `prototype`.
 */
export function assertHarmless(value: unknown): void {
  const seen = new Set<object>();
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const node = pending.pop();
    if (!isObject(node) || ArrayBuffer.isView(node) || seen.has(node)) continue;
    seen.add(node);
    assert.ok(
      !("polluted" in node) || Object.hasOwn(node, "polluted"),
      "a body replaced the prototype of an object",
    );
    assert.ok(!Object.hasOwn(node, "__proto__"), "the value has an own key __proto__");
    const maker: unknown = Object.hasOwn(node, "constructor") ? node.constructor : null;
    assert.ok(
      !isObject(maker) || !Object.hasOwn(maker, "prototype"),
      "the value has an own constructor.prototype",
    );
    for (const child of Object.values(node)) pending.push(child);
  }
}
