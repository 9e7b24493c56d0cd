/** A network that misbehaves, between a client and a server: late, uneven, in small pieces, and sometimes gone. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What is wrong with it. */
export interface Faults {
  /** Each piece arrives so many milliseconds late, give or take as much. */
  readonly latency?: number;
  /** Pieces have this many bytes at most. */
  readonly slice?: number;
  /** Both connections are reset once the client has got so many bytes. */
  readonly resetAfter?: number;
  /** After so many bytes to the client nothing moves any more, and nobody is told. */
  readonly silentAfter?: number;
}

/** Starts the network; gives the port that leads to the other one. */
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

/** Carries bytes one way, in order; `ends` is told how many have gone, and says whether that was the end. */
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
