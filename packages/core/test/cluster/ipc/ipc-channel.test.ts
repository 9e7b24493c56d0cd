import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { IpcChannel, type IpcEnd, MAX_QUEUED_BYTES } from "../../../src/cluster/ipc/ipc-channel.ts";
import { type ChannelMessage, wrap } from "../../../src/cluster/ipc/messages.ts";

/** A process whose channel accepts messages when the test lets it. */
class FakeEnd extends EventEmitter implements IpcEnd {
  connected = true;
  readonly sent: object[] = [];
  readonly #takeover: (() => void)[] = [];

  send(message: object, _socket: unknown, _options: unknown, sent: (error: Error | null) => void): boolean {
    this.sent.push(message);
    this.#takeover.push(() => sent(null));
    return true;
  }

  takeAll(): void {
    for (const take of this.#takeover.splice(0)) take();
  }
}

const channelMessage: ChannelMessage = {
  type: "channel",
  key: "k",
  channel: "test",
  to: "primary",
  from: 1,
  payload: "x".repeat(1024 * 1024),
};

test("Packetron's messages reach only the receiver, and all others only the listeners", () => {
  const end = new FakeEnd();
  const [ours, others]: unknown[][] = [[], []];
  end.on("message", (message) => others?.push(message));
  new IpcChannel(end, (message) => ours?.push(message));
  end.emit("message", wrap({ type: "quit" }));
  end.emit("message", { type: "quit" });
  end.emit("disconnect");
  expect([ours, others]).toEqual([[{ type: "quit" }], [{ type: "quit" }]]);
});

test("messages are refused while too many bytes are queued, and accepted again after they are flushed", () => {
  const end = new FakeEnd();
  const channel = new IpcChannel(end, () => {});
  for (let bytes = 0; bytes < MAX_QUEUED_BYTES; bytes += channelMessage.payload.length)
    channel.sendBounded(channelMessage);
  expect(() => channel.sendBounded(channelMessage)).toThrow(
    expect.objectContaining({ code: "PKT_CLUSTER_MESSAGE" }),
  );
  channel.send({ type: "leaving" });
  expect(end.sent.at(-1)).toEqual(wrap({ type: "leaving" }));
  end.takeAll();
  channel.sendBounded(channelMessage);
});

test("nothing is sent, and nothing counted, on a closed channel", () => {
  const end = new FakeEnd();
  const channel = new IpcChannel(end, () => {});
  end.connected = false;
  for (let bytes = 0; bytes <= MAX_QUEUED_BYTES; bytes += channelMessage.payload.length)
    channel.sendBounded(channelMessage);
  expect(end.sent).toEqual([]);
});
