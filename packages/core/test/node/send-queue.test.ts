import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sendQueueOf } from "../../src/node/send-queue.ts";
import { createCertificate } from "../_certificate.ts";

/** More bytes than the system's buffers of both sides take. */
const BIG = Buffer.alloc(24 * 1024 * 1024);

const kinds = [
  ["TCP", "connection", () => createServer()],
  ["TLS", "secureConnection", () => createTlsServer(createCertificate())],
] as const;

/** Connects a client that reads nothing, and returns it with the server's socket. */
async function connectPair(server: Server, event: string): Promise<{ socket: Socket; client: Socket }> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, event);
  const target = { host: "127.0.0.1", port };
  const client =
    event === "connection" ? connect(target) : connectTls({ ...target, rejectUnauthorized: false });
  const [socket] = await accepted;
  if (!(socket instanceof Socket)) throw new Error("the server gave no socket");
  for (const end of [client, socket]) end.on("error", () => {}).pause();
  onTestFinished(() => {
    for (const end of [client, socket]) end.destroy();
    server.close();
  });
  return { socket, client };
}

describe.each(kinds)("the send queue of a %s connection", (_kind, event, create) => {
  test("is empty until the system takes no more bytes, and then says how many it has taken", async () => {
    const { socket, client } = await connectPair(create(), event);
    expect(sendQueueOf(socket)).toBeNull();
    socket.write(BIG);
    await vi.waitUntil(() => sendQueueOf(socket) !== null);
    let full = sendQueueOf(socket);
    await vi.waitUntil(() => {
      const before = full;
      full = sendQueueOf(socket);
      return full?.taken === before?.taken;
    });
    expect(full?.waiting).toBeGreaterThan(0);
    expect(full?.waiting).toBeLessThan(BIG.length);
    const step = 4 * 1024 * 1024;
    let received = 0;
    client.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received > step) client.pause();
    });
    client.resume();
    await vi.waitUntil(() => (sendQueueOf(socket)?.taken ?? 0) > (full?.taken ?? 0));
    client.removeAllListeners("data").resume();
    await vi.waitUntil(() => sendQueueOf(socket) === null, { timeout: 10_000 });
    socket.destroy();
    expect(sendQueueOf(socket)).toBeNull();
  });
});

test("a socket without a connection has no send queue", () => {
  expect(sendQueueOf(new Socket())).toBeNull();
});
