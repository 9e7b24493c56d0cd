import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { PacketronRequest } from "../../src/message/request.ts";
import type { Handler } from "../../src/routing/route-options.ts";
import { RawClient } from "../_raw.ts";
import { makeExchange } from "../_routes.ts";
import { send, startServer } from "../_server.ts";
import { type BodyServer, post, requestBytes, startBodies } from "../body/_bodies.ts";
import { json } from "./_parsers.ts";

/** Runs a handler for one request, and returns its result. */
async function ask<Value>(
  read: (request: PacketronRequest) => Value | Promise<Value>,
  requestLine = "GET /it",
  headers: Readonly<Record<string, string>> = {},
): Promise<Value> {
  const results: Value[] = [];
  const handler: Handler = async (request, response) => {
    results.push(await read(request));
    response.end();
  };
  const { server } = await startServer((made) => {
    made.handle({ routePath: "it", handler });
  });
  expect((await send(server, requestLine, headers)).status).toBe(200);
  const [result] = results;
  if (result === undefined) throw new Error("the handler returned no value");
  return result;
}

describe("the query", () => {
  test("is read by a getter and by a method, with all values, too", async () => {
    const [query, again, params, all] = await ask(
      async (request) => [
        request.query,
        request.query,
        await request.getQueryParams(),
        await request.getQueryParamsAll(),
      ],
      "GET /it?a=1&b=x+y&a=2",
    );
    expect(query).toEqual({ a: "2", b: "x y" });
    expect(again).toBe(query);
    expect(params).toBe(query);
    expect(all).toEqual({ a: ["1", "2"], b: ["x y"] });
  });

  test("follows a URL that a plugin rewrites, in both forms", async () => {
    const [before, after, all] = await ask(async (request) => {
      const first = [request.query, await request.getQueryParamsAll()];
      request.url = "/it?a=2";
      return [first, request.query, await request.getQueryParamsAll()];
    }, "GET /it?a=1");
    expect([before, after, all]).toEqual([[{ a: "1" }, { a: ["1"] }], { a: "2" }, { a: ["2"] }]);
  });

  test("is an empty object without a prototype when the URL has no query", async () => {
    const query = await ask((request) => request.query);
    expect(Object.getPrototypeOf(query)).toBeNull();
    expect(Object.keys(query)).toEqual([]);
  });
});

describe("cookies", () => {
  test("are read by a getter, by a method and by name; a missing one is null", async () => {
    const [cookies, again, promised, one, missing, inherited] = await ask(
      async (request) => [
        request.cookies,
        request.cookies,
        await request.getCookies(),
        await request.getCookie("a"),
        await request.getCookie("nope"),
        await request.getCookie("toString"),
      ],
      "GET /it",
      { Cookie: "a=1; b=2; a=3" },
    );
    expect(cookies).toEqual({ a: "1", b: "2" });
    expect(again).toBe(cookies);
    expect(promised).toBe(cookies);
    expect([one, missing, inherited]).toEqual(["1", null, null]);
  });

  test("keep the quotes around a value", async () => {
    const cookies = await ask((request) => request.cookies, "GET /it", { Cookie: 'theme="dark"; a=1' });
    expect(cookies).toEqual({ theme: '"dark"', a: "1" });
  });

  test("are those of every Cookie line, and of headers that a plugin has changed", async () => {
    const lines = await ask((request) => request.cookies, "GET /it", {
      Cookie: "a=1\r\nCookie: b=2",
    });
    expect(lines).toEqual({ a: "1", b: "2" });
    const changed = await ask(
      (request) => {
        request.headers.cookie = "a=2";
        return request.cookies;
      },
      "GET /it",
      { Cookie: "a=1" },
    );
    expect(changed).toEqual({ a: "2" });
  });
});

describe("the client's address", () => {
  test("is that of the socket, or the one from a trusted proxy, and is read once", async () => {
    const [addresses, reads] = await ask(async (request) => {
      const readIp = vi.spyOn(request.server, "readIp");
      return [[request.ip, request.ip, await request.getIp()], readIp.mock.calls.length];
    });
    expect(addresses).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    expect(reads).toBe(1);
    const ip = await ask(({ ip }) => ip, "GET /it", { "X-Forwarded-For": "203.0.113.7" });
    expect(ip).toBe("203.0.113.7");
  });
});

describe("hasBody()", () => {
  test.each([
    [{}, false],
    [{ "content-length": "0" }, false],
    [{ "content-length": "00" }, false],
    [{ "content-length": "1" }, true],
    [{ "transfer-encoding": "chunked" }, true],
  ])("with the headers %j is %s", (headers, expected) => {
    const { request } = makeExchange();
    request.headers = headers;
    expect(request.hasBody()).toBe(expected);
  });
});

describe("body accessors without a route", () => {
  test("give null, without an error", async () => {
    const { request } = makeExchange();
    request.headers = { "content-length": "5" };
    expect(await request.getBody()).toBeNull();
    expect(await request.getFiles()).toEqual({});
    expect(await request.getRawBody()).toBeNull();
    expect(await request.getBodyError()).toBeNull();
  });

  test("have the types that the caller states", () => {
    expectTypeOf<PacketronRequest["getRawBody"]>().returns.resolves.toEqualTypeOf<Buffer | null>();
    const { request } = makeExchange();
    expectTypeOf(request.getBody()).resolves.toEqualTypeOf<unknown>();
    expectTypeOf(request.getBody<{ a: number }>()).resolves.toEqualTypeOf<{ a: number } | null>();
    expectTypeOf(request.getFiles()).resolves.toEqualTypeOf<Readonly<Record<string, unknown>>>();
    expectTypeOf(request.signal).toEqualTypeOf<AbortSignal>();
  });
});

describe("signal", () => {
  const servers: BodyServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  /** Starts a server that collects the signals of its requests, and answers only if `answers` is true. */
  async function start(answers: boolean): Promise<{ server: BodyServer; signals: AbortSignal[] }> {
    const signals: AbortSignal[] = [];
    const handler: Handler = async (request, response) => {
      await request.getBody();
      signals.push(request.signal);
      if (answers) response.end("done");
    };
    const server = await startBodies({ it: { flags: PacketronHandlerFlags.JSON_BODY, handler } }, [json]);
    servers.push(server);
    return { server, signals };
  }

  test.each<[string, (client: RawClient) => void]>([
    ["closes", ({ socket }) => void socket.end()],
    ["resets", ({ socket }) => void socket.resetAndDestroy()],
  ])(
    "aborts when the client %s before the answer, also when it is first asked for then",
    async (_, leave) => {
      for (const body of ["", "[1]"]) {
        const { server, signals } = await start(false);
        const client = await RawClient.connect({ port: server.port });
        client.send(requestBytes("it", { body }));
        await expect.poll(() => signals.length).toBe(1);
        expect(signals[0]?.aborted).toBe(false);
        leave(client);
        await expect.poll(() => signals[0]?.aborted).toBe(true);
        expect(signals[0]?.reason).toMatchObject({ name: "AbortError" });
      }
    },
  );

  test("aborts for every request of a pipeline", async () => {
    const { server, signals } = await start(false);
    const client = await RawClient.connect({ port: server.port });
    const bytes = requestBytes("it", { body: "[1]" });
    client.send(Buffer.concat([bytes, bytes, bytes]));
    await expect.poll(() => signals.length).toBe(3);
    client.destroy();
    await expect.poll(() => signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });

  test("has aborted when it is first read after the client has disconnected", async () => {
    const seen: boolean[] = [];
    const handler: Handler = async (request) => {
      await vi.waitUntil(() => request.socket.destroyed, 5_000);
      seen.push(request.signal.aborted);
    };
    const server = await startBodies({ it: { handler } });
    servers.push(server);
    const client = await RawClient.connect({ port: server.port });
    client.send(requestBytes("it", {}));
    await expect.poll(() => server.sockets.size).toBe(1);
    client.destroy();
    await expect.poll(() => seen).toEqual([true]);
  });

  test("does not abort after the answer was flushed", async () => {
    const { server, signals } = await start(true);
    await post(server, "it", { body: "[1]" }).catch(() => undefined); // the answer is not a report
    await expect.poll(() => server.sockets.size).toBe(0);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test("does not abort when the client disconnects during the rest of an answered body", async () => {
    const signals: AbortSignal[] = [];
    const handler: Handler = (request, response) => {
      signals.push(request.signal);
      response.end("early");
    };
    const server = await startBodies({ it: { handler } });
    servers.push(server);
    const client = await RawClient.connect({ port: server.port });
    await client.send(requestBytes("it", { body: "12345" }).subarray(0, -1)).responses(1);
    client.destroy();
    await expect.poll(() => server.sockets.size).toBe(0);
    expect(signals[0]?.aborted).toBe(false);
  });

  test("is one object", () => {
    const { request } = makeExchange();
    expect(request.signal).toBe(request.signal);
  });
});

test("a request has all its fields from the start in one order, and creates other state only on use", () => {
  const { request } = makeExchange();
  expect(request).toBeInstanceOf(PacketronRequest);
  expect([request.params, request.path, request.route, request.response]).toEqual([{}, "/", null, null]);
  expect([request.expectsContinue, request.bodyStream, request.abortController]).toEqual([false, null, null]);
});
