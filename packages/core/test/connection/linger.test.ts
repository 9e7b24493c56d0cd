import { afterEach, describe, expect, it } from "vitest";
import type { ServerOptions } from "../../src/config/options.ts";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { refuse } from "../../src/message/refusal.ts";
import { createCertificate } from "../_certificate.ts";
import { ask, exchange, field, RawClient } from "../_raw.ts";
import { answerOk, startServing, type TestServer } from "./_serving.ts";

const MIB = 1024 * 1024;
const GET = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function start(
  dispatch: HttpListenerParts["dispatch"],
  options: ServerOptions = {},
): Promise<TestServer> {
  server = await startServing(options, dispatch);
  return server;
}

const tooLarge: HttpListenerParts["dispatch"] = (_request, response) => refuse(response, 413);
const unauthorized: HttpListenerParts["dispatch"] = (request, response) =>
  request.method === "POST" ? refuse(response, 401) : answerOk(request, response);

function withLength(size: number): string {
  return `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n${"a".repeat(size)}`;
}

function inChunks(size: number): string {
  const chunk = `10000\r\n${"a".repeat(0x10000)}\r\n`;
  return `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(size / 0x10000)}0\r\n\r\n`;
}

/** A client that reads only after it has written the whole request, like many HTTP libraries. */
async function writeAllThenRead(client: RawClient, data: string): Promise<void> {
  client.socket.pause();
  await new Promise<void>((resolve) => client.socket.write(data, "latin1", () => resolve()));
  client.socket.resume();
}

describe("an answer that closes, before the body was read", () => {
  const tls = createCertificate();
  it.each([
    ["with a length", withLength(6 * MIB), {}],
    ["in chunks", inChunks(6 * MIB), {}],
    ["with a length over TLS", withLength(6 * MIB), { tls }],
    ["in chunks over TLS", inChunks(6 * MIB), { tls }],
    ["and more requests after it", `${withLength(3 * MIB)}${withLength(3 * MIB)}`, {}],
  ])("reaches a client that writes everything before it reads, %s", async (_name, data, options) => {
    const target = await start(tooLarge, options);
    const client = await RawClient.connect(target);
    await writeAllThenRead(client, data);
    const responses = await client.untilClose();
    expect(responses.map(({ status }) => status)).toEqual([413]);
    expect(responses[0] && field(responses[0], "connection")).toBe("close");
    expect(client.error).toBeNull();
    expect(target.dispatched).toHaveLength(1);
  });

  it("reaches the client after the refusal of a malformed request too", async () => {
    const target = await start(answerOk);
    const client = await RawClient.connect(target);
    await writeAllThenRead(client, `GET / HTTP/1.1\r\nno colon\r\n\r\n${"a".repeat(6 * MIB)}`);
    expect((await client.untilClose()).map(({ status }) => status)).toEqual([400]);
    expect(client.error).toBeNull();
  });

  it("reaches a client that sends slowly, at once", async () => {
    const target = await start(tooLarge, { lingerTimeout: 60_000 });
    const client = await RawClient.connect(target);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na");
    const responses = await client.send("a").untilClose();
    expect(responses.map(({ status }) => status)).toEqual([413]);
  });

  it("reaches the client although a reader that has stopped lets Node's parser pause the connection", async () => {
    const begun = 15_000; // below the buffer of every Node version
    let read = 0;
    const target = await start(
      (request, response) => {
        response.setHeader("Connection", "close");
        // Runs between two chunks of one read: the second chunk fills the buffer, and the parser pauses the socket.
        request.on("readable", () => {
          read = request.bodyStream?.received ?? 0;
          if (read > begun && !response.writableEnded) response.end("enough");
        });
      },
      { lingerTimeout: 60_000 },
    );
    const client = await RawClient.connect(target);
    const chunk = (size: number): string => `${size.toString(16)}\r\n${"a".repeat(size)}\r\n`;
    client.send(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(begun)}`);
    while (read < begun) await new Promise(setImmediate);
    await writeAllThenRead(client, chunk(100) + chunk(51_000) + chunk(0x100000).repeat(4));
    expect((await client.untilClose()).map(({ body }) => String(body))).toEqual(["enough"]);
    expect(client.error).toBeNull();
  });

  it("lets a client send no more than lingerBytes", async () => {
    const target = await start(tooLarge, { lingerTimeout: 60_000, lingerBytes: MIB });
    const client = await RawClient.connect({ ...target, allowHalfOpen: true });
    const closed = new Promise<void>((resolve) => client.socket.once("close", () => resolve()));
    const chunk = "a".repeat(64 * 1024);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n");
    const sendOn = (): void => {
      if (!client.socket.destroyed) client.socket.write(chunk, () => setImmediate(sendOn));
    };
    sendOn();
    await closed;
    expect(client.socket.bytesWritten).toBeLessThan(32 * MIB); // the sockets buffer some more
  });

  it("lets a client send no longer than lingerTimeout", async () => {
    const target = await start(tooLarge, { lingerTimeout: 100 });
    const client = await RawClient.connect({ ...target, allowHalfOpen: true });
    const closed = new Promise<void>((resolve) => client.socket.once("close", () => resolve()));
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n");
    const dribble = setInterval(() => client.send("a"), 10);
    await closed;
    clearInterval(dribble);
    expect(target.serving.connections).toBe(0);
  });
});

describe("an answer that closes, after the body was read", () => {
  it.each([
    ["no body", `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
    ["a body", `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello`],
  ])("closes at once, with %s", async (_name, data) => {
    const target = await start((request, response) => request.resume().on("end", () => response.end()), {
      lingerTimeout: 60_000,
    });
    const client = await RawClient.connect({ ...target, allowHalfOpen: true });
    await client.send(data).untilClose();
    while (target.serving.connections > 0) await new Promise(setImmediate);
  });
});

describe("an answer that keeps the connection, before the body was read", () => {
  it.each([
    ["with a length", withLength(MIB)],
    ["in chunks", inChunks(MIB)],
  ])("leaves it usable for the next request, %s", async (_name, data) => {
    const target = await start(unauthorized);
    const client = await RawClient.connect(target);
    await writeAllThenRead(client, `${data}${GET}${data}${GET}`);
    const responses = await client.responses(4);
    expect(responses.map(({ status }) => status)).toEqual([401, 200, 401, 200]);
    expect(target.dispatched).toEqual(["POST /", "GET /next", "POST /", "GET /next"]);
    client.destroy();
  });

  it("is sent before the body arrives", async () => {
    const target = await start(unauthorized);
    const client = await RawClient.connect(target);
    const [first] = await client
      .send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
      .responses(1);
    expect(first?.status).toBe(401);
    const responses = await client.send(`llo${GET}`).responses(2);
    expect(responses.map(({ status }) => status)).toEqual([401, 200]);
    client.destroy();
  });

  it("is followed by the end of the connection when the body outlasts lingerTimeout", async () => {
    const target = await start(unauthorized, { lingerTimeout: 50 });
    const responses = await exchange(target, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
    expect(responses.map(({ status }) => status)).toEqual([401]);
  });

  it("is followed by the end of the connection when the body outgrows lingerBytes", async () => {
    const target = await start(unauthorized, { lingerTimeout: 60_000, lingerBytes: 1000 });
    const client = await RawClient.connect(target);
    const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n";
    await client.send(head).responses(1);
    await client.send("a".repeat(2000)).until(() => false);
    expect((await ask(target, GET)).status).toBe(200);
  });

  it("does not cut a body that the handler continues to read", async () => {
    let size = 0;
    let done: () => void = () => {};
    const complete = new Promise<void>((resolve) => {
      done = resolve;
    });
    const target = await start(
      (request, response) => {
        request.on("data", (chunk: Buffer) => {
          size += chunk.length;
        });
        request.on("end", done);
        response.end("accepted");
      },
      { lingerTimeout: 20, lingerBytes: 1 },
    );
    const client = await RawClient.connect(target);
    await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello").responses(1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    client.send("world");
    await complete;
    expect(size).toBe(10);
    client.destroy();
  });

  it("leaves no timer running", async () => {
    const target = await start(unauthorized);
    const before = timers();
    const client = await RawClient.connect(target);
    await client.send(`${withLength(100_000)}${GET}`).responses(2);
    client.destroy();
    while (target.serving.connections > 0) await new Promise(setImmediate);
    // The test runner has timers of its own. A lingering connection's would run for two seconds.
    await expect.poll(timers, { timeout: 1_000 }).toBeLessThanOrEqual(before);
  });
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
