import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isPrimaryMessage, isWorkerMessage, open, seal } from "../../../src/cluster/ipc/messages.ts";

const address = { address: "127.0.0.1", family: "IPv4", port: 80 };
const parcel = { type: "parcel", key: "k", channel: "c", to: "worker", from: 0, payload: "" } as const;

test("a message survives its envelope and JSON", () => {
  const message = { type: "listening", key: "1:x:80", address } as const;
  const opened = open(JSON.parse(JSON.stringify(seal(message))));
  expect(opened).toEqual(message);
  expect(isPrimaryMessage(opened)).toBe(true);
});

const foreign = [
  undefined,
  null,
  1,
  "packetron",
  [],
  {},
  { packetron: 2, message: {} },
  { message: { type: "quit" } },
];

test.each(foreign)("%j is not an envelope", (value) => {
  expect(open(value)).toBeUndefined();
});

const wrong = [
  { type: "listening", key: "k" },
  { type: "listening", key: "k", address: { ...address, port: -1 } },
  { type: "connection", key: "k", connection: 1.5 },
  { type: "connection", key: 1, connection: 1 },
  { type: "ready", key: "k" },
  { type: "toString" },
  { type: "__proto__" },
  { ...parcel, to: "everybody" },
];

test.each(wrong)("%j is not a message of the primary", (message) => {
  expect(isPrimaryMessage(message)).toBe(false);
});

test("the two directions have messages of their own, and parcels in common", () => {
  expect([isPrimaryMessage({ type: "quit" }), isWorkerMessage({ type: "quit" })]).toEqual([true, false]);
  expect([isPrimaryMessage({ type: "leaving" }), isWorkerMessage({ type: "leaving" })]).toEqual([
    false,
    true,
  ]);
  expect([isPrimaryMessage(parcel), isWorkerMessage(parcel)]).toEqual([true, true]);
  expect(isWorkerMessage({ type: "dying", error: { message: "x", code: 1 } })).toBe(false);
});

test("nothing that arrives makes the checks throw, or passes them without its fields", () => {
  const anything = fc.anything({ withNullPrototype: true, withBigInt: true });
  const tagged = fc.record({
    type: fc.constantFrom("ask", "ready", "accepted", "failed"),
    key: anything,
    error: anything,
  });
  fc.assert(
    fc.property(fc.oneof(anything, tagged), (value) => {
      open(value);
      isPrimaryMessage(value);
      if (!isWorkerMessage(value)) return;
      expect(value).toHaveProperty("type");
      if ("key" in value) expect(typeof value.key).toBe("string");
    }),
  );
});
