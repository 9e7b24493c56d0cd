import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { WeakList } from "../src/weak-list.ts";

test("a list gives its items in the order in which they were added", () => {
  const list = new WeakList<{ readonly name: string }>();
  const items = ["c", "a", "b"].map((name) => ({ name }));
  for (const item of items) list.add(item);
  expect([...list]).toEqual(items);
  expect(list.size).toBe(3);
});

test("an item that is added twice is in the list once, at its first place", () => {
  const list = new WeakList<object>();
  const [one, other] = [{}, {}];
  for (const item of [one, other, one]) list.add(item);
  expect([...list]).toEqual([one, other]);
  expect([...list][0]).toBe(one);
});

test("a deleted item is removed, a second deletion has no effect, and it can be added again at the end", () => {
  const list = new WeakList<{ readonly name: string }>();
  const [one, other] = [{ name: "one" }, { name: "other" }];
  for (const item of [one, other]) list.add(item);
  list.delete(one);
  list.delete(one);
  expect([...list]).toEqual([other]);
  list.add(one);
  expect([...list]).toEqual([other, one]);
});

test("an item that is deleted during an iteration is not yielded any more", () => {
  const list = new WeakList<{ readonly name: string }>();
  const [one, other] = [{ name: "one" }, { name: "other" }];
  for (const item of [one, other]) list.add(item);
  const given: string[] = [];
  for (const item of list) {
    given.push(item.name);
    list.delete(other);
  }
  expect(given).toEqual(["one"]);
});

test("items without other references are collected, and their entries with them", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const list = new WeakList<object>();
  const kept = { kept: true };
  list.add(kept);
  for (let count = 0; count < 1000; count++) list.add({ count });
  for (let turn = 0; turn < 100 && list.size > 1; turn++) {
    await nextTurn();
    collect();
  }
  expect(list.size).toBe(1);
  expect([...list]).toEqual([kept]);
});
