import { expect, test } from "vitest";
import { runBurst } from "../../load/burst.ts";
import { LoadError } from "../../load/load.ts";
import { listen } from "./_http-server.ts";

test("every client that the server answers has a time, the others have none", async () => {
  const connections = new Set<unknown>();
  const port = await listen((request, response) => {
    connections.add(request.socket);
    if (connections.size <= 12) response.setHeader("Content-Length", 2).end("ok"); // 2 busy clients, 10 new ones
  });
  const { firsts, cut, answers } = await runBurst(order(port), null);
  expect(firsts).toHaveLength(20);
  expect(firsts.filter((time) => time !== null)).toHaveLength(10);
  expect(firsts.every((time) => time === null || (time > 0 && time < 1000))).toBe(true);
  expect(answers).toBeGreaterThan(10);
  expect(cut).toBe(0);
});

test("connections that the server closes are counted, and their clients have no answer", async () => {
  const port = await listen((request) => request.socket.destroy());
  const { firsts, cut } = await runBurst(order(port), null);
  expect(firsts).toEqual(Array.from({ length: 20 }, () => null));
  expect(cut).toBe(22);
});

test("a wrong status is a LoadError", async () => {
  const port = await listen((_request, response) => response.writeHead(503, { "Content-Length": 0 }).end());
  await expect(runBurst(order(port), null)).rejects.toThrow(LoadError);
});

function order(port: number) {
  const requests = [{ method: "GET", path: "/" }] as const;
  return { port, requests, busy: 2, lead: 0.1, connections: 20, duration: 1, status: 200 };
}
