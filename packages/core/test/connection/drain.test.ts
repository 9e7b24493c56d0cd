import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import { createCertificate } from "../_certificate.ts";
import { field, RawClient, type RawResponse } from "../_raw.ts";
import { answerOk, startServing, type TestServer } from "./_serving.ts";

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

let server: TestServer | undefined;
afterEach(() => server?.stop());

/** A server whose handlers wait until the test sends the answers. */
async function startWaiting(
  dispatch?: HttpListenerParts["dispatch"],
): Promise<TestServer & { waiting: PacketronResponse[] }> {
  const waiting: PacketronResponse[] = [];
  server = await startServing(
    { lingerTimeout: 200 },
    dispatch ?? ((_request, response) => waiting.push(response)),
  );
  return { ...server, waiting };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

function connectionOf(response: RawResponse | undefined): string | undefined {
  return response && field(response, "connection");
}

describe("drain", () => {
  it("reports what destroy() cuts: requests by name, and other connections by number", async () => {
    const { port, serving, waiting } = await startWaiting();
    const [pipelining, half] = [await RawClient.connect({ port }), await RawClient.connect({ port })];
    pipelining.send(GET("/1?secret") + GET("/2"));
    half.send("GET /half HTTP/1.1\r\n");
    await until(() => waiting.length === 2 && serving.connections === 2);
    const drained = serving.drain(60_000);
    expect(serving.destroy()).toEqual({ requests: 2, connections: 1, names: ["GET /1", "GET /2"] });
    await drained;
    expect(await pipelining.untilClose()).toEqual([]);
    expect(await half.untilClose()).toEqual([]);
  });

  it("resolves at once when there is no connection", async () => {
    const { serving } = await startWaiting();
    await serving.drain(60_000);
    expect(serving.server.listening).toBe(false);
  });

  it("lets a request in flight finish, with Connection: close", async () => {
    const { port, serving, waiting } = await startWaiting();
    const client = await RawClient.connect({ port });
    client.send(GET("/1"));
    await until(() => waiting.length === 1);
    const drained = serving.drain(0);
    await delay(20); // longer than the grace: a connection with work in flight is not idle
    waiting[0]?.end("done");
    const [response] = await client.untilClose();
    expect([String(response?.body), connectionOf(response)]).toEqual(["done", "close"]);
    await drained;
    expect(serving.connections).toBe(0);
  });

  it("answers a request that arrived within the grace, also when the process was too busy to read it", async () => {
    const { port, serving } = await startWaiting(answerOk);
    const client = await RawClient.connect({ port });
    await until(() => serving.connections === 1);
    const drained = serving.drain(20);
    client.send(GET("/late"));
    const busyUntil = performance.now() + 60; // the grace ends before any request can be read
    while (performance.now() < busyUntil);
    const [response] = await client.untilClose();
    expect([String(response?.body), connectionOf(response)]).toEqual(["/late", "close"]);
    await drained;
  });

  it("answers every pipelined request, and only the last carries Connection: close", async () => {
    const { port, serving, waiting } = await startWaiting();
    const client = await RawClient.connect({ port });
    client.send(GET("/1") + GET("/2"));
    await until(() => waiting.length === 2);
    const drained = serving.drain(0);
    client.send(GET("/3"));
    await until(() => waiting.length === 3);
    for (const response of waiting) response.end();
    expect((await client.untilClose()).map(connectionOf)).toEqual(["keep-alive", "keep-alive", "close"]);
    await drained;
  });

  it("dispatches nothing after an answer that has begun with Connection: close", async () => {
    const { port, serving, waiting, dispatched } = await startWaiting();
    const client = await RawClient.connect({ port });
    client.send(GET("/1"));
    await until(() => waiting.length === 1);
    const drained = serving.drain(0);
    waiting[0]?.write("begun, ");
    await client.until(({ received }) => received.includes("begun"));
    client.send(GET("/2"));
    await until(() => client.socket.writableLength === 0);
    await delay(20);
    waiting[0]?.end("ended");
    expect((await client.untilClose()).map(({ body }) => String(body))).toEqual(["begun, ended"]);
    expect(dispatched).toEqual(["GET /1"]);
    await drained;
  });

  it("closes an idle connection after the grace, and not earlier", async () => {
    const { port, serving } = await startWaiting(answerOk);
    const client = await RawClient.connect({ port });
    await client.send(GET("/1")).responses(1);
    const started = performance.now();
    const drained = serving.drain(80);
    expect(await client.untilClose()).toHaveLength(1);
    expect(performance.now() - started).toBeGreaterThan(70);
    await drained;
  });

  it("closes a connection that was never used after the grace", async () => {
    const { port, serving } = await startWaiting();
    const client = await RawClient.connect({ port });
    await until(() => serving.connections === 1);
    const drained = serving.drain(10);
    expect(await client.untilClose()).toEqual([]);
    await drained;
  });

  it("answers a request that arrives in the grace, with Connection: close", async () => {
    const { port, serving } = await startWaiting(answerOk);
    const client = await RawClient.connect({ port });
    await client.send(GET("/1")).responses(1);
    const drained = serving.drain(60_000);
    const responses = await client.send(GET("/2")).untilClose();
    expect(responses.map(connectionOf)).toEqual(["keep-alive", "close"]);
    await drained;
  });

  it("closes a connection whose last answer had begun with keep-alive, after the grace", async () => {
    const { port, serving, waiting } = await startWaiting();
    const client = await RawClient.connect({ port });
    client.send(GET("/1"));
    await until(() => waiting.length === 1);
    waiting[0]?.write("begun, ");
    const drained = serving.drain(10);
    await delay(30);
    waiting[0]?.end("ended");
    const [response] = await client.untilClose();
    expect([String(response?.body), connectionOf(response)]).toEqual(["begun, ended", "keep-alive"]);
    await drained;
  });

  it("serves a connection that is handed over while it lasts", async () => {
    const front = await startWaiting(answerOk);
    const { serving } = front;
    const holder = await RawClient.connect(front);
    await holder.send(GET("/1")).responses(1);
    const drained = serving.drain(100);
    const late = await startServing({}, answerOk);
    late.serving.server.removeAllListeners("connection");
    late.serving.server.on("connection", (socket) => serving.accept(socket));
    const client = await RawClient.connect(late);
    const [response] = await client.send(GET("/late")).untilClose();
    expect([String(response?.body), connectionOf(response)]).toEqual(["/late", "close"]);
    await drained;
    await late.stop();
  });

  it("accepts no new connections", async () => {
    const { port, serving, waiting } = await startWaiting();
    const client = await RawClient.connect({ port });
    client.send(GET("/1"));
    await until(() => waiting.length === 1);
    const drained = serving.drain(0);
    const late = connect({ port, host: "127.0.0.1" });
    const [error] = await once(late, "error");
    expect(error.code).toBe("ECONNREFUSED");
    waiting[0]?.end();
    await drained;
    client.destroy();
  });

  it("does not wait for a TLS handshake that never ends", async () => {
    server = await startServing({ tls: createCertificate() });
    const { port, serving } = server;
    const silent = connect({ port, host: "127.0.0.1" }).resume();
    await until(() => serving.connections === 1);
    const closed = once(silent, "close");
    await serving.drain(10);
    await closed;
  });

  it("lets TLS requests in flight finish", async () => {
    const waiting: PacketronResponse[] = [];
    server = await startServing({ tls: createCertificate() }, (_request, response) => waiting.push(response));
    const { serving } = server;
    const client = await RawClient.connect(server);
    client.send(GET("/1"));
    await until(() => waiting.length === 1);
    expect(serving.connections).toBe(1);
    const drained = serving.drain(0);
    await delay(20);
    waiting[0]?.end("done");
    const [response] = await client.untilClose();
    expect([String(response?.body), connectionOf(response)]).toEqual(["done", "close"]);
    await drained;
  });

  it("ends at once when all connections are cut", async () => {
    const { port, serving, waiting } = await startWaiting();
    const client = await RawClient.connect({ port });
    client.send(GET("/1"));
    await until(() => waiting.length === 1);
    const drained = serving.drain(60_000);
    serving.destroy();
    await drained;
    await client.until(() => false);
    expect(client.received).toHaveLength(0);
  });
});
