import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ServerOptions } from "../../src/config/options.ts";
import { createCertificate } from "../_certificate.ts";
import { ask, exchange, RawClient } from "../_raw.ts";
import { answerAfterBody, answerOk, startServing, type TestServer } from "./_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function start(options: ServerOptions = {}): Promise<TestServer> {
  server = await startServing({ lingerTimeout: 200, ...options });
  return server;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe("a server", () => {
  it.each(["TRACE", "PROPFIND", "SEARCH", "M-SEARCH"])(
    "answers %s, which no route can have, with 501",
    async (method) => {
      const { dispatched, ...target } = await start();
      const client = await RawClient.connect(target);
      client.send(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n${GET}`);
      expect((await client.responses(2)).map(({ status }) => status)).toEqual([501, 200]);
      expect(dispatched).toEqual(["GET /"]);
      client.destroy();
    },
  );

  it.each([
    ["a head timeout above the request timeout", { headersTimeout: 60_000, requestTimeout: 100 }],
    ["no request timeout", { requestTimeout: 0 }],
    ["no timeouts", { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 }],
    ["no lingering", { lingerTimeout: 0, lingerBytes: 0 }],
  ])("serves with %s", async (_name, options) => {
    const target = await start(options);
    expect((await ask(target, GET)).status).toBe(200);
    expect(await exchange(target, "GET / HTTP/1.1\r\n\r\n")).toHaveLength(1);
  });

  it("passes every header to the handler, for any number of headers", async () => {
    let count = 0;
    server = await startServing({}, (request, response) => {
      count = request.rawHeaders.length / 2;
      response.end();
    });
    await ask(server, `GET / HTTP/1.1\r\nHost: x\r\n${"a: b\r\n".repeat(4000)}\r\n`);
    expect(count).toBe(4001);
  });

  it("logs at most two lines about a hundred malformed requests of one kind", async () => {
    const target = await start();
    for (let count = 0; count < 100; count++) await exchange(target, "\0\0\0\0");
    expect(target.logged.length).toBeGreaterThan(0);
    expect(target.logged.length).toBeLessThanOrEqual(2);
  });

  it("survives clients that reset the connection at any point", async () => {
    const target = await start();
    const bytes = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello${GET}`;
    for (let cut = 0; cut < bytes.length; cut += 3) {
      const client = await RawClient.connect(target);
      client.send(bytes.slice(0, cut));
      client.socket.resetAndDestroy();
    }
    await until(() => target.serving.connections === 0);
    expect((await ask(target, GET)).status).toBe(200);
  });
});

describe("a server with TLS", () => {
  const tls = createCertificate();

  it("answers over TLS, byte by byte and pipelined too", async () => {
    server = await startServing({ tls }, answerAfterBody);
    const client = await RawClient.connect(server);
    for (const byte of `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`) client.send(byte);
    const responses = await client.send(GET + GET).responses(3);
    expect(responses.map(({ body }) => String(body))).toEqual(["5 bytes", "0 bytes", "0 bytes"]);
    client.destroy();
  });

  it("refuses a malformed request over TLS", async () => {
    const target = await start({ tls });
    expect((await exchange(target, "GET / HTTP/1.1\r\n\r\n")).map(({ status }) => status)).toEqual([400]);
    expect((await exchange(target, "\0\0\0\0")).map(({ status }) => status)).toEqual([400]);
  });

  it("sends nothing to a silent TLS client, and closes", async () => {
    const target = await start({ tls, headersTimeout: 100 });
    const client = await RawClient.connect(target);
    expect(await client.untilClose()).toEqual([]);
  });

  it.each([
    ["plain HTTP", GET],
    ["garbage", "\x16\x03\x01garbage garbage garbage"],
    ["nothing", ""],
  ])("closes a connection that sends %s instead of a handshake", async (_name, data) => {
    const target = await start({ tls, headersTimeout: 200 });
    const client = connect({ port: target.port, host: "127.0.0.1" }).resume();
    client.on("error", () => {});
    client.write(data, "latin1");
    await once(client, "close");
    await until(() => target.serving.connections === 0);
    expect((await ask(target, GET)).status).toBe(200);
  });
});

describe("a server whose connections are handed over", () => {
  it("ignores a connection that has already closed", async () => {
    server = await startServing({}, answerOk, { listen: false });
    const closed = connect({ port: 9, host: "127.0.0.1" }).on("error", () => {});
    closed.destroy();
    await once(closed, "close");
    server.serving.accept(closed);
    expect(server.serving.connections).toBe(0);
  });
});
