import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type HeldConnections, openHeld } from "../../load/held.ts";
import { LoadError } from "../../load/load.ts";
import { listen } from "./_http-server.ts";

test("all connections are open before a load; a closed and an open loop follow on the same ones", async () => {
  const sockets = new Set<unknown>();
  const port = await listen((request, response) => {
    sockets.add(request.socket);
    response.setHeader("Content-Length", 2).end("ok");
  });
  const held = await open(port, 250);
  expect(sockets.size).toBe(250);
  const closed = await held.run({ duration: 0.3, rate: null });
  expect(closed.answers).toBeGreaterThanOrEqual(250);
  expect(closed.seconds).toBeGreaterThanOrEqual(0.3);
  expect(closed.delay).toBe(0);
  const paced = await held.run({ duration: 0.5, rate: 100 });
  expect(paced.answers).toBe(50);
  expect(paced.seconds).toBeGreaterThanOrEqual(0.49);
  expect(paced.p50).toBeGreaterThan(0);
  expect(paced.p999).toBeGreaterThanOrEqual(paced.p50);
  expect(sockets.size).toBe(250);
});

test("a server that closes each connection gets another one for each request", async () => {
  const sockets = new Set<unknown>();
  const port = await listen((request, response) => {
    sockets.add(request.socket);
    response.writeHead(200, { "Content-Length": 2, Connection: "close" }).end("ok");
  });
  const held = await open(port, 5, true);
  const { answers } = await held.run({ duration: 0.2, rate: 100 });
  expect(answers).toBe(20);
  expect(sockets.size).toBe(25);
});

test("latencies of a handler that waits are at least its wait", async () => {
  const port = await listen(async (_request, response) => {
    await pause(20);
    response.setHeader("Content-Length", 2).end("ok");
  });
  const held = await open(port, 2);
  for (const rate of [null, 20]) expect((await held.run({ duration: 0.2, rate })).p50).toBeGreaterThan(15);
});

test.each([
  ["answers with another status", { status: 503, closes: false }, "HTTP/1.1 503"],
  ["closes a connection", { status: 200, closes: true }, "closed a connection"],
])("a server that %s gives a LoadError", async (_what, { status, closes }, message) => {
  const port = await listen((_request, response) => {
    response.writeHead(status, { "Content-Length": 0, ...(closes ? { Connection: "close" } : {}) }).end();
  });
  const failing = open(port, 2).then((held) => held.run({ duration: 1, rate: null }));
  await expect(failing).rejects.toThrow(LoadError);
  await expect(failing).rejects.toThrow(message);
});

async function open(port: number, connections: number, closes = false): Promise<HeldConnections> {
  const requests = [{ method: "GET", path: "/" }] as const;
  const held = await openHeld({ port, requests, connections, status: 200, closes }, null);
  onTestFinished(() => held.close());
  return held;
}
