import fc from "fast-check";
import { expect, test } from "vitest";
import { type Listed, LiveList } from "../../src/node/live-list.ts";

test("has what was added and not removed, as a Set has", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (steps) => {
      const items: Listed[] = Array.from({ length: 21 }, () => ({ position: -1 }));
      const list = new LiveList();
      const set = new Set<Listed>();
      for (const step of steps) {
        const item = items[step] ?? { position: -1 };
        if (set.delete(item)) list.remove(item);
        else {
          set.add(item);
          list.add(item);
        }
        expect(new Set(list)).toEqual(set);
        expect([list.size, [...list].length]).toEqual([set.size, set.size]);
      }
      for (const item of items) expect(item.position !== -1).toBe(set.has(item));
    }),
  );
});

test("removes nothing for an object that is in no list", () => {
  const list = new LiveList();
  list.add({ position: -1 });
  list.remove({ position: -1 });
  expect(list.size).toBe(1);
});

test("iterates over the objects of the moment at which the iteration began", () => {
  const list = new LiveList();
  const items = [1, 2, 3].map(() => ({ position: -1 }));
  for (const item of items) list.add(item);
  const seen: Listed[] = [];
  for (const item of list) {
    seen.push(item);
    list.remove(item);
  }
  expect([seen, list.size]).toEqual([items, 0]);
});
