/** A faulty network between a client and a server: it delays, splits, resets or stops the traffic. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** The faults of the network. */
export interface Faults {
  /** The mean delay of each piece, in milliseconds; the actual delay is between 0 and twice that. */
  readonly latency?: number;
  /** The greatest length of a piece, in bytes. */
  readonly slice?: number;
  /** The number of bytes to the client after which both connections are reset. */
  readonly resetAfter?: number;
  /** The number of bytes to the client after which all traffic stops, without an error to either side. */
  readonly silentAfter?: number;
}

/** Starts the network, and returns the port that forwards to the given one. */
export async function faultyProxy(port: number, faults: Faults): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true).on("error", () => {});
      socket.once("close", () => sockets.delete(socket));
    }
    carry(client, upstream, faults, () => false);
    carry(upstream, client, faults, (sent) => {
      if (sent < (faults.resetAfter ?? Number.POSITIVE_INFINITY))
        return sent >= (faults.silentAfter ?? Number.POSITIVE_INFINITY);
      client.resetAndDestroy();
      upstream.resetAndDestroy();
      return true;
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Forwards bytes in one direction, in order. `ends` gets the number of sent bytes, and returns whether to stop. */
function carry(from: Socket, to: Socket, faults: Faults, ends: (sent: number) => boolean): void {
  const { latency = 0, slice = 64 * 1024 } = faults;
  let last = Promise.resolve();
  let sent = 0;
  let over = false;
  const late = (): Promise<void> =>
    latency === 0
      ? Promise.resolve()
      : new Promise((resolve) => setTimeout(resolve, Math.random() * 2 * latency));
  from.on("data", (chunk: Buffer) => {
    last = last.then(async () => {
      for (let start = 0; start < chunk.length && !over; start += slice) {
        await late();
        if (to.destroyed) return;
        const piece = chunk.subarray(start, start + slice);
        to.write(piece);
        sent += piece.length;
        over = ends(sent);
      }
    });
  });
  from.once("end", () => void last.then(() => over || to.end()));
  from.once("close", () => void last.then(() => over || to.destroy()));
}
