import { once } from "node:events";
import { readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { bodyJson } from "../../../body-json/src/index.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import { isPacketronError } from "../../src/errors/errors.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { createCertificate } from "../_certificate.ts";
import { makeServer } from "../_server.ts";

const full = process.env["PACKETRON_TEST_FULL"] !== undefined;
const { POST, DELETE } = PacketronRequestMethod;

/** A server that is not started, with routes that show the request. */
function makeSite(options: ServerOptions = {}): Packetron {
  const { server } = makeServer(options);
  server.handle({ routePath: "text", handler: (_request, response) => response.sendTextPlain("text") });
  server.handle({
    routePath: "show/:id",
    handler: ({ ip, host, protocol, params, query, headers }, response) =>
      response.sendJson({ ip, host, protocol, params, query, colour: headers["x-colour"] }),
  });
  for (const method of [POST, DELETE])
    server.handle({
      method,
      routePath: "echo",
      handler: async (request, response) => {
        const {
          "content-length": length,
          "content-type": type,
          "transfer-encoding": coding,
        } = request.headers;
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        response.sendJson({ length, type, coding, body: Buffer.concat(chunks).toString() });
      },
    });
  return server;
}

/** Waits until connections that were closed in this turn of the event loop have no handle any more. */
async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

/** The sockets that keep this process alive, and the number of its open files where the system lists them. */
function openHandles(): object {
  const sockets = process.getActiveResourcesInfo().filter((name) => /Pipe|TCP|Server/.test(name));
  const files = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
  return { sockets, files };
}

describe("server.inject() without start()", () => {
  test("returns status, headers and body, as text, JSON and bytes", async () => {
    const answer = await makeSite().inject({ path: "/show/7?a=1", headers: { "X-Colour": "red" } });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toMatch("application/json");
    const shown = {
      ip: "127.0.0.1",
      host: "localhost",
      protocol: "http",
      params: { id: "7" },
      query: { a: "1" },
      colour: "red",
    };
    expect(answer.json()).toEqual(shown);
    expect(JSON.parse(answer.text())).toEqual(shown);
    expect(JSON.parse(Buffer.from(answer.bytes()).toString())).toEqual(shown);
  });

  test.each([
    ["text", "häuser", { length: "7", body: "häuser" }],
    ["bytes", new Uint8Array([104, 105]), { length: "2", body: "hi" }],
    ["JSON of an object", { a: 1 }, { length: "7", type: "application/json", body: '{"a":1}' }],
    ["JSON of an array", [1], { length: "3", type: "application/json", body: "[1]" }],
    ["the chunks of a stream", Readable.from(["a", "b"]), { coding: "chunked", body: "ab" }],
    ["no body", undefined, { length: "0", body: "" }],
  ])("sends %s", async (_kind, body, shown) => {
    const answer = await makeSite().inject({ method: "POST", path: "echo", body });
    expect(answer.json()).toEqual(shown);
  });

  test("declares the length of the body of a DELETE, and keeps a Content-Type that is set", async () => {
    const headers = { "content-type": "application/merge-patch+json" };
    const answer = await makeSite().inject({ method: DELETE, path: "echo", headers, body: { a: 1 } });
    expect(answer.json()).toEqual({ length: "7", type: "application/merge-patch+json", body: '{"a":1}' });
  });

  test("passes gates, parsers and error handlers", async () => {
    const { server } = makeServer({ capabilities: [bodyJson()] });
    server.onError((error, _request, response) =>
      response.sendJson({ code: isPacketronError(error) ? error.code : "" }),
    );
    server.handle({
      method: POST,
      routePath: "sum",
      flags: PacketronHandlerFlags.JSON_BODY | PacketronHandlerFlags.REJECT_INVALID_BODY,
      maxRequestSizeInBytes: 20,
      handler: async (request, response) => response.sendJson(await request.getBody()),
    });
    const post = (body: unknown) => server.inject({ method: "POST", path: "sum", body: Object(body) });
    expect((await post([1, 2])).json()).toEqual([1, 2]);
    expect((await post("x".repeat(30).split(""))).status).toBe(413);
    expect((await server.inject({ path: "sum" })).headers["allow"]).toBe("POST, OPTIONS");
    expect((await server.inject({ path: "missing" })).status).toBe(404);
    expect((await server.inject({ path: "%" })).status).toBe(400);
  });

  test("answers a HEAD without a body, and joins the chunks of a stream", async () => {
    const server = makeSite();
    server.handle({
      routePath: "stream",
      handler: async (_request, response) => {
        for (const part of ["one ", "two"]) {
          response.write(part);
          await nextTurn();
        }
        response.end();
      },
    });
    expect((await server.inject({ method: "HEAD", path: "text" })).text()).toBe("");
    expect((await server.inject({ path: "stream" })).text()).toBe("one two");
  });

  test("looks like a request over TLS when the server has TLS", async () => {
    const server = makeSite({ tls: createCertificate() });
    expect((await server.inject({ path: "show/1" })).json()).toMatchObject({ protocol: "https" });
  });

  test("believes X-Forwarded-For when trustProxy trusts the loopback", async () => {
    const headers = { "X-Forwarded-For": "8.8.8.8" };
    const ask = async (options: ServerOptions) =>
      (await makeSite(options).inject({ path: "show/1", headers })).json();
    expect(await ask({ trustProxy: "loopback" })).toMatchObject({ ip: "8.8.8.8" });
    expect(await ask({ trustProxy: false })).toMatchObject({ ip: "127.0.0.1" });
  });

  test("runs neither the tasks of onReady() nor those of onLeader(), and has no address", async () => {
    const ran: string[] = [];
    const server = makeSite();
    server.onReady(() => ran.push("ready")).onLeader(() => ran.push("leader"));
    expect((await server.inject({ path: "text" })).text()).toBe("text");
    expect([ran, server.address()]).toEqual([[], null]);
  });
});

describe("the signal of server.inject()", () => {
  test("rejects with its reason before the request is sent", async () => {
    const server = makeSite();
    await expect(server.inject({ path: "text", signal: AbortSignal.abort("why") })).rejects.toBe("why");
    expect(server.load.requests).toBe(0);
  });

  test.each([
    ["before the answer", ""],
    ["while the answer arrives", "begun"],
  ])("ends the request %s, as a client that goes away", async (_when, begun) => {
    const { server } = makeServer();
    const controller = new AbortController();
    const aborted = new Promise<void>((resolve) => {
      server.handle({
        routePath: "endless",
        handler: async (request, response) => {
          request.signal.addEventListener("abort", () => resolve());
          if (begun !== "") response.write(begun);
          setImmediate(() => setImmediate(() => controller.abort(new Error("enough"))));
          await once(request.signal, "abort");
        },
      });
    });
    await expect(server.inject({ path: "endless", signal: controller.signal })).rejects.toThrow("enough");
    await aborted;
  });
});

describe("server.inject() and start(), stop()", () => {
  test("works beside the port, and counts in server.load", async () => {
    const server = makeSite();
    await server.start();
    const [injected, fetched] = await Promise.all([
      server.inject({ path: "text" }).then((answer) => answer.text()),
      fetch(`http://127.0.0.1:${server.port}/text`).then((answer) => answer.text()),
    ]);
    expect([injected, fetched, server.load.requests]).toEqual(["text", "text", 2]);
  });

  test.each([
    ["that has run", true],
    ["that was never started", false],
  ])(
    "stop() of a server %s lets the request finish, and refuses the next one",
    async (_server, isStarted) => {
      const server = makeSite();
      let answered = "";
      server.handle({
        routePath: "slow",
        handler: async (_request, response) => {
          void server.stop();
          await once(server.drainSignal, "abort");
          response.sendTextPlain("finished");
        },
      });
      server.onStop(() => expect(answered).toBe("finished"));
      if (isStarted) await server.start();
      answered = (await server.inject({ path: "slow" })).text();
      await server.stop();
      expect(answered).toBe("finished");
      await expect(server.inject({ path: "text" })).rejects.toMatchObject({ code: "PKT_SERVER_STOPPED" });
    },
  );

  test("rejects when the handler cuts the connection", async () => {
    const { server } = makeServer();
    server.handle({ routePath: "cut", handler: (request) => void request.socket.destroy() });
    await expect(server.inject({ path: "cut" })).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

describe("server.inject() leaves", () => {
  const count = full ? 10_000 : 300;

  test(`no handle open after ${count} requests, one after another and together`, async () => {
    const server = makeSite();
    await someTurns(); // earlier tests close their connections
    const before = openHandles();
    for (let index = 0; index < count; index++) await server.inject({ path: "text" });
    await Promise.all(Array.from({ length: count }, () => server.inject({ path: "text" })));
    await someTurns();
    expect(openHandles()).toEqual(before);
    expect(server.load).toMatchObject({ connections: 0, inFlight: 0, requests: 2 * count });
  });
});

describe("the options of server.inject()", () => {
  test.each([
    [{ path: 7 }, "PKT_OPTION_INVALID", "path"],
    [{ path: "a b" }, "PKT_OPTION_INVALID", "percent-encoded"],
    [{ method: 9 }, "PKT_OPTION_INVALID", "method"],
    [{ headers: "a" }, "PKT_OPTION_INVALID", "headers"],
    [{ headers: new Headers() }, "PKT_OPTION_INVALID", "headers"],
    [{ body: new FormData() }, "PKT_OPTION_INVALID", "server.fetch()"],
    [{ signal: {} }, "PKT_OPTION_INVALID", "signal"],
    [{ url: "/" }, "PKT_OPTION_UNKNOWN", "url"],
    [null, "PKT_OPTION_INVALID", "inject()"],
  ])("%o are refused", async (options, code, part) => {
    const error: unknown = await Reflect.apply(makeSite().inject, makeSite(), [options]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code, message: expect.stringContaining(part) });
  });

  test("that Node's client refuses leave nothing open", async () => {
    const server = makeSite();
    await expect(server.inject({ headers: { "bad name": "1" } })).rejects.toThrow("bad name");
    expect((await server.inject({ path: "text" })).text()).toBe("text");
  });
});
