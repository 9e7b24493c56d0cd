import { Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WorkerMessage } from "../../../src/cluster/ipc/messages.ts";
import { ReceivedConnections } from "../../../src/cluster/worker/received-connections.ts";
import { plainListener } from "../_delegate.ts";

const listener = plainListener(() => {});

let sent: WorkerMessage[] = [];
let received = new ReceivedConnections("k", () => {});

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  received = new ReceivedConnections("k", (message) => sent.push(message));
});

afterEach(() => void vi.useRealTimers());

/** Hands over a connection, and returns its socket. */
function accept(connection: number): Socket {
  const socket = new Socket();
  received.accept(connection, socket, listener);
  return socket;
}

test("connections that close soon after one another are reported together", () => {
  const sockets = [1, 2, 3].map(accept);
  for (const socket of sockets) socket.emit("close");
  expect(sent.filter(({ type }) => type === "closed")).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(sent.filter(({ type }) => type === "closed")).toEqual([{ type: "closed", key: "k", closed: 3 }]);
});

test("an acknowledgement includes the count, and no later report repeats it", () => {
  accept(1).emit("close");
  accept(2);
  vi.advanceTimersByTime(1_000);
  expect(sent).toEqual([
    { type: "accepted", key: "k", connection: 1, closed: 0 },
    { type: "accepted", key: "k", connection: 2, closed: 1 },
  ]);
});

test("while connections arrive, no report is sent: acknowledgements include the count", () => {
  for (let connection = 1; connection <= 50; connection++) {
    accept(connection).emit("close");
    vi.advanceTimersByTime(4);
  }
  expect(sent.filter(({ type }) => type === "closed")).toEqual([]);
  expect(sent.at(-1)).toEqual({ type: "accepted", key: "k", connection: 50, closed: 49 });
  vi.advanceTimersByTime(1_000);
  expect(sent.at(-1)).toEqual({ type: "closed", key: "k", closed: 50 });
});

test("a connection that the client has reset is acknowledged and counted as closed", () => {
  received.accept(1, undefined, listener);
  vi.advanceTimersByTime(1_000);
  expect(sent).toEqual([
    { type: "accepted", key: "k", connection: 1, closed: 0 },
    { type: "closed", key: "k", closed: 1 },
  ]);
});

test("without a listener a connection is not acknowledged, so that the primary keeps it", () => {
  const socket = new Socket();
  received.accept(1, socket, undefined);
  expect([socket.destroyed, sent]).toEqual([true, []]);
});
