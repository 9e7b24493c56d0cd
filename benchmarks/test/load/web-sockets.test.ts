import { once } from "node:events";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { LoadError } from "../../load/load.ts";
import { echoClosed, echoPaced, fanOut, openWebSockets, proveMessage } from "../../load/web-sockets.ts";

/** The bytes of a client's frame before its payload: two, and the mask. */
const CLIENT_HEAD = 6;

test("messages come back one after another, and at a constant rate", async () => {
  const sockets = await open("/echo", 3);
  const [first] = sockets;
  if (first !== undefined) await proveMessage(first);
  expect(await echoClosed(sockets, 0.1)).toBeGreaterThanOrEqual(3);
  const latencies = await echoPaced(await open("/echo", 2), 0.2, 100);
  expect(latencies).toHaveLength(20);
  expect(Array.from(latencies).every((latency) => latency > 0)).toBe(true);
});

test("one message to all sockets counts for each of them", async () => {
  const messages = await fanOut(await open("/all", 5), 0.1);
  expect(messages).toBeGreaterThanOrEqual(5);
});

test("a socket that the server refuses is a LoadError", async () => {
  await expect(open("/other", 1)).rejects.toThrow(LoadError);
});

async function open(path: string, count: number) {
  const port = await listen();
  const sockets = await openWebSockets(port, path, count);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
}

/** A server that reads no mask, because that of these clients is zero. */
async function listen(): Promise<number> {
  const all = new Set<Duplex>();
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    if (request.url === "/other") return void socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
    all.add(socket.on("error", () => {}));
    socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    const receivers = request.url === "/all" ? all : [socket];
    socket.on("data", (frame: Buffer) => {
      const answer = Buffer.concat([frame.subarray(0, 1), Buffer.of(frame.length - CLIENT_HEAD)]);
      for (const receiver of receivers) receiver.write(Buffer.concat([answer, frame.subarray(CLIENT_HEAD)]));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return address.port;
}
