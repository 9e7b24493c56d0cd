import { type Handler, Packetron, type PacketronRequest } from "@packetron/core";
import { expect, onTestFinished, test } from "vitest";
import { responseCache } from "../response-cache.ts";

/** Starts a server with one cached route, and counts the calls of its handler. */
async function start(handler: Handler, cacheFor = 60) {
  const server = new Packetron({
    port: 0,
    host: "127.0.0.1",
    maxThreads: 1,
    idleGrace: 0,
    capabilities: [responseCache()],
  });
  onTestFinished(() => server.stop());
  const seen: (string | undefined)[] = [];
  server.handle({
    routePath: "cached/*",
    cacheFor,
    handler: (request: PacketronRequest, response) => {
      seen.push(request.url);
      return handler(request, response);
    },
  });
  await server.start();
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}/cached/${path}`);
  return { server, seen, get };
}

test("the second request for a URL gets the first answer, with its type and its age", async () => {
  const { server, seen, get } = await start((request, response) => response.sendJson({ url: request.url }));
  for (const path of ["a", "a", "a?x", "a"]) {
    const answer = await get(path);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await answer.json()).toEqual({ url: `/cached/${path}` });
  }
  expect(seen).toEqual(["/cached/a", "/cached/a?x"]);
  expect(server.cacheCounts).toEqual({ hits: 2, kept: 2, aborted: 0 });
  expect((await get("a")).headers.get("age")).toBe("0");
});

test("requests that arrive while the handler runs wait for its answer", async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { server, seen, get } = await start(async (_request, response) => {
    await released;
    response.sendTextPlain("once");
  });
  const answers = Promise.all([1, 2, 3].map(async () => (await get("a")).text()));
  await expect.poll(() => server.load.inFlight).toBe(3);
  release();
  expect(await answers).toEqual(["once", "once", "once"]);
  expect(seen).toHaveLength(1);
});

test.each<[what: string, handler: Handler]>([
  ["a failure", (_request, response) => response.sendStatusCode(500)],
  [
    "a stream",
    (_request, response) => {
      response.write("a");
      response.end("b");
    },
  ],
  [
    "a cookie",
    (_request, response) => {
      response.setCookie("session", "1");
      response.send("mine");
    },
  ],
  [
    "what is private",
    (_request, response) => {
      response.setHeader("Cache-Control", "private");
      response.send("mine");
    },
  ],
])("%s is not kept", async (_what, handler) => {
  const { seen, get } = await start(handler);
  await get("a");
  await get("a");
  expect(seen).toHaveLength(2);
});

test("an answer is given no longer than its route says", async () => {
  const { seen, get } = await start((_request, response) => response.send("a"), 0.001);
  await get("a");
  await expect.poll(async () => (await get("a")).headers.get("age")).toBeNull();
  expect(seen.length).toBeGreaterThanOrEqual(2);
});
