import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createCertificate } from "../_certificate.ts";
import { RawClient } from "../_raw.ts";
import { answerAfterBody, startServing, type TestServer } from "./_serving.ts";

const POST = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe("a connection", () => {
  it("keeps no listener after 1,000 requests", async () => {
    const sockets: Socket[] = [];
    server = await startServing({}, (request, response) => {
      sockets.push(request.socket);
      answerAfterBody(request, response);
    });
    const client = await RawClient.connect(server);
    await client.send(POST).responses(1);
    const [socket] = sockets;
    if (socket === undefined) throw new Error("no request arrived");
    const before = countListeners(socket);
    for (let batch = 1; batch <= 10; batch++) {
      client.received = Buffer.alloc(0);
      await client.send(POST.repeat(100)).responses(100);
    }
    expect(sockets).toHaveLength(1001);
    expect(new Set(sockets).size).toBe(1);
    await new Promise(setImmediate);
    expect(countListeners(socket)).toEqual(before);
    client.destroy();
  });

  it.each([
    ["plain", {}],
    ["with TLS", { tls: createCertificate() }],
  ])("is counted while it is open, %s", async (_name, options) => {
    const { serving } = (server = await startServing(options, answerAfterBody));
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => RawClient.connect(server ?? { port: 0 })),
    );
    await Promise.all(clients.map((client) => client.send(POST).responses(1)));
    expect(serving.connections).toBe(5);
    clients[0]?.socket.end();
    clients[1]?.destroy();
    await until(() => serving.connections === 3);
    for (const client of clients) client.destroy();
    await until(() => serving.connections === 0);
  });

  it("rejects a pending getBody() when the client has disconnected", async () => {
    let aborted: (error: unknown) => void = () => {};
    const failure = new Promise<unknown>((resolve) => {
      aborted = resolve;
    });
    server = await startServing({}, (request) => request.on("error", aborted).resume());
    const client = await RawClient.connect(server);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
    await until(() => server?.dispatched.length === 1);
    client.destroy();
    expect(await failure).toMatchObject({ code: "ECONNRESET" });
  });
});

function countListeners(socket: Socket): Record<string, number> {
  return Object.fromEntries(socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]));
}
