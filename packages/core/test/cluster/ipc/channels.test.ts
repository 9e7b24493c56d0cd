import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Channels, MAX_MESSAGE_BYTES } from "../../../src/cluster/ipc/channels.ts";
import type { ChannelMessage } from "../../../src/cluster/ipc/messages.ts";

/** Makes the channels of a single process, and collects its log messages. */
function loopback(): { channels: Channels; logged: string[] } {
  const logged: string[] = [];
  const log = (_fields: object, message: string): void => void logged.push(message);
  const logger = { debug: log, info: log, warn: log, error: log };
  return { channels: new Channels({ key: "k", workerId: 3, log: logger }), logged };
}

test("a value arrives later, as a copy, with the sender's id", async () => {
  const channel = loopback().channels.open<{ when: Date; bytes: Uint8Array; all: Map<string, number> }>(
    "test",
  );
  const received: unknown[] = [];
  channel.receive("worker", (message, from) => received.push(message, from));
  const sent = { when: new Date(5), bytes: new Uint8Array([1, 2]), all: new Map([["a", 1]]) };
  channel.sendToWorkers(sent);
  expect(received).toEqual([]);
  await nextTurn();
  expect(received).toEqual([sent, 3]);
  expect(received[0]).not.toBe(sent);
});

test("the two directions and the names of channels are separate", async () => {
  const { channels } = loopback();
  const received: string[] = [];
  channels.open<string>("one").receive("primary", (message) => received.push(`primary ${message}`));
  channels.open<string>("one").receive("worker", (message) => received.push(`worker ${message}`));
  channels.open<string>("two").receive("primary", (message) => received.push(`two ${message}`));
  channels.open<string>("one").sendToPrimary("x");
  await nextTurn();
  expect(received).toEqual(["primary x"]);
});

test("a removed listener gets no messages", async () => {
  const channel = loopback().channels.open<number>("test");
  const received: number[] = [];
  const stop = channel.receive("primary", (message) => received.push(message));
  channel.receive("primary", (message) => received.push(-message));
  stop();
  stop();
  channel.sendToPrimary(1);
  await nextTurn();
  expect(received).toEqual([-1]);
});

test("a listener that throws is logged, and the other listeners are called", async () => {
  const { channels, logged } = loopback();
  const channel = channels.open<number>("test");
  const received: number[] = [];
  channel.receive("primary", () => {
    throw new Error("x");
  });
  channel.receive("primary", (message) => received.push(message));
  channel.sendToPrimary(1);
  await nextTurn();
  expect(received).toEqual([1]);
  expect(logged).toEqual(["a channel listener threw"]);
});

test("the messages of a worker are sent by the transport of their direction", () => {
  const log = (): void => {};
  const sent: [string, ChannelMessage][] = [];
  const channels = new Channels({
    key: "k",
    workerId: 3,
    log: { debug: log, info: log, warn: log, error: log },
    toPrimary: (message) => sent.push(["primary", message]),
    toWorkers: (message) => sent.push(["workers", message]),
  });
  channels.open<number>("test").sendToPrimary(1);
  channels.open<number>("test").sendToWorkers(1);
  channels.open<number>("test").sendToWorkers(1, 2);
  expect(sent).toMatchObject([
    ["primary", { type: "channel", key: "k", channel: "test", to: "primary", from: 3 }],
    ["workers", { type: "channel", key: "k", channel: "test", to: "worker", from: 3 }],
    ["workers", { type: "channel", key: "k", channel: "test", to: "worker", from: 3, only: 2 }],
  ]);
});

const refused = [
  { name: "a function", value: () => {} },
  { name: "a symbol", value: Symbol("x") },
  { name: "too many bytes", value: "x".repeat(MAX_MESSAGE_BYTES) },
];

test.each(refused)("$name is refused by the sender", ({ value }) => {
  const channel = loopback().channels.open<unknown>("test");
  expect(() => channel.sendToPrimary(value)).toThrow(
    expect.objectContaining({ code: "PKT_CLUSTER_MESSAGE" }),
  );
});
