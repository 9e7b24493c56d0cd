import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isPrimaryMessage, isWorkerMessage, unwrap, wrap } from "../../../src/cluster/ipc/messages.ts";

const address = { address: "127.0.0.1", family: "IPv4", port: 80 };
const channelMessage = {
  type: "channel",
  key: "k",
  channel: "c",
  to: "worker",
  from: 0,
  payload: "",
} as const;

test("a message survives its envelope and JSON", () => {
  const message = { type: "listening", key: "1:x:80", address } as const;
  const opened = unwrap(JSON.parse(JSON.stringify(wrap(message))));
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
  { packetron: 1, message: {} },
  { message: { type: "quit" } },
];

test.each(foreign)("%j is not an envelope", (value) => {
  expect(unwrap(value)).toBeUndefined();
});

const wrong = [
  { type: "listening", key: "k" },
  { type: "listening", key: "k", address: { ...address, port: -1 } },
  { type: "connection", key: "k", connection: 1.5 },
  { type: "connection", key: 1, connection: 1 },
  { type: "ready", key: "k" },
  { type: "toString" },
  { type: "__proto__" },
  { ...channelMessage, to: "everybody" },
];

test.each(wrong)("%j is not a message of the primary", (message) => {
  expect(isPrimaryMessage(message)).toBe(false);
});

test("each direction has its own messages, and both have channel messages", () => {
  expect([isPrimaryMessage({ type: "quit" }), isWorkerMessage({ type: "quit" })]).toEqual([true, false]);
  expect([isPrimaryMessage({ type: "leaving" }), isWorkerMessage({ type: "leaving" })]).toEqual([
    false,
    true,
  ]);
  expect([isPrimaryMessage(channelMessage), isWorkerMessage(channelMessage)]).toEqual([true, true]);
  expect(isWorkerMessage({ type: "dying", error: { message: "x", code: 1 } })).toBe(false);
});

test("no value makes the checks throw, or passes them without the required fields", () => {
  const anything = fc.anything({ withNullPrototype: true, withBigInt: true });
  const tagged = fc.record({
    type: fc.constantFrom("lookup", "ready", "accepted", "failed"),
    key: anything,
    error: anything,
  });
  fc.assert(
    fc.property(fc.oneof(anything, tagged), (value) => {
      unwrap(value);
      isPrimaryMessage(value);
      if (!isWorkerMessage(value)) return;
      expect(value).toHaveProperty("type");
      if ("key" in value) expect(typeof value.key).toBe("string");
    }),
  );
});
