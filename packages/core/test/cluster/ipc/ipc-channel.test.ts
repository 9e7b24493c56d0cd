import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { type IpcEnd, MOST_WAITING, PostLine } from "../../../src/cluster/ipc/ipc-channel.ts";
import { type ParcelMessage, seal } from "../../../src/cluster/ipc/messages.ts";

/** A process whose channel takes messages when the test says so. */
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

const parcel: ParcelMessage = {
  type: "parcel",
  key: "k",
  channel: "test",
  to: "primary",
  from: 1,
  payload: "x".repeat(1024 * 1024),
};

test("our messages reach the line alone, all others the listeners alone", () => {
  const end = new FakeEnd();
  const [ours, others]: unknown[][] = [[], []];
  end.on("message", (message) => others?.push(message));
  new PostLine(end, (message) => ours?.push(message));
  end.emit("message", seal({ type: "quit" }));
  end.emit("message", { type: "quit" });
  end.emit("disconnect");
  expect([ours, others]).toEqual([[{ type: "quit" }], [{ type: "quit" }]]);
});

test("parcels are refused once too many bytes wait, and taken again when they have left", () => {
  const end = new FakeEnd();
  const line = new PostLine(end, () => {});
  for (let bytes = 0; bytes < MOST_WAITING; bytes += parcel.payload.length) line.offer(parcel);
  expect(() => line.offer(parcel)).toThrow(expect.objectContaining({ code: "PKT_CLUSTER_MESSAGE" }));
  line.post({ type: "leaving" });
  expect(end.sent.at(-1)).toEqual(seal({ type: "leaving" }));
  end.takeAll();
  line.offer(parcel);
});

test("nothing is sent, and nothing counted, on a closed line", () => {
  const end = new FakeEnd();
  const line = new PostLine(end, () => {});
  end.connected = false;
  for (let bytes = 0; bytes <= MOST_WAITING; bytes += parcel.payload.length) line.offer(parcel);
  expect(end.sent).toEqual([]);
});
