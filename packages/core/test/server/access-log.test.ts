import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  Packetron,
  PacketronRequestMethod,
  type ServerOptions,
  type SettledExchange,
} from "../../src/index.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import { createAccessLog } from "../../src/server/access-log.ts";
import { RawClient } from "../_raw.ts";
import { makeExchange } from "../_routes.ts";
import { collectLog, makeServer, startServer } from "../_server.ts";

function setUp(server: Packetron): void {
  server.handle({ routePath: "users/:id", handler: ({ params }, response) => response.send(params.id) });
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "upload",
    maxRequestSizeInBytes: 3,
    handler: async (request, response) => {
      for await (const _ of request);
      response.sendOk();
    },
  });
  server.handle({ routePath: "slow", handlerTimeout: 20, handler: () => new Promise(() => undefined) });
  server.handle({ routePath: "hang", handler: () => undefined });
}

async function start(options: ServerOptions, more: (server: Packetron) => void = () => undefined) {
  const { server, lines } = await startServer(
    (made) => {
      setUp(made);
      more(made);
    },
    { accessLog: true, ...options },
  );
  const client = await RawClient.connect({ port: server.port });
  onTestFinished(() => client.destroy());
  const accesses = () => lines.filter(({ message }) => message === "request");
  return { server, lines, client, accesses };
}

describe.each(["direct", "standard"] as const)("accessLog, %s dispatch", (dispatch) => {
  test.each<[head: string, fields: object]>([
    ["GET /users/7?key=secret", { path: "/users/7", route: "GET /users/:id", status: 200, bytes: 1 }],
    ["GET /users/%61", { path: "/users/a", route: "GET /users/:id", status: 200, bytes: 1 }],
    ["HEAD /users/7", { path: "/users/7", route: "GET /users/:id", status: 200, bytes: 0 }],
    ["GET /nowhere?key=secret", { path: "/nowhere", route: undefined, status: 404 }],
    ["DELETE /hang", { path: "/hang", route: undefined, status: 405 }],
    ["GET /a//b?key=secret", { path: "/a//b", route: undefined, status: 404 }],
    ["GET /%zz?key=secret", { path: "/%zz", route: undefined, status: 400 }],
    ["GET http://user:secret@x/%zz", { path: "/%zz", route: undefined, status: 400 }],
    ["GET /?key=secret", { path: "/", route: undefined, status: 404 }],
    ["GET http://x", { path: "/", route: undefined, status: 404 }],
    ["PROPFIND /hang?key=secret", { path: "/hang", route: undefined, status: 501 }],
    ["OPTIONS *", { path: "*", route: undefined, status: 204, bytes: 0 }],
    ["GET /slow", { path: "/slow", route: "GET /slow", status: 503 }],
  ])("writes one line for %s", async (head, fields) => {
    const { client, accesses } = await start({ dispatch });
    const method = head.slice(0, head.indexOf(" "));
    await client.send(`${head} HTTP/1.1\r\nHost: x\r\n\r\n`).responses(1, [method]);
    await vi.waitFor(() => expect(accesses()).toHaveLength(1));
    expect(accesses()).toMatchObject([{ level: "info", fields: { method, ...fields, ip: "127.0.0.1" } }]);
    const [line] = accesses();
    const { ms, requestId, worker, aborted } = {
      ms: 0,
      requestId: "",
      worker: 0,
      aborted: true,
      ...line?.fields,
    };
    expect(ms).toBeGreaterThan(0);
    expect(requestId).toMatch(/^\S{8,}$/);
    expect([worker, aborted]).toEqual([undefined, undefined]);
    expect(JSON.stringify(line)).not.toContain("secret");
  });

  test("has the id and the address that a trusted proxy sent, and the line of a body that is too large", async () => {
    const { client, accesses } = await start({ dispatch });
    const head = "POST /upload HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\nX-Request-Id: id-1\r\n";
    await client.send(`${head}Content-Length: 4\r\n\r\n1234`).responses(1);
    await vi.waitFor(() => expect(accesses()).toHaveLength(1));
    expect(accesses()).toMatchObject([
      {
        fields: { method: "POST", status: 413, ip: "203.0.113.7", requestId: "id-1", route: "POST /upload" },
      },
    ]);
  });

  test("has the address of a client that left before its answer, with aborted", async () => {
    const { client, accesses } = await start({ dispatch });
    client.send("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
    await nextTurn();
    client.destroy();
    await vi.waitFor(() => expect(accesses()).toHaveLength(1));
    expect(accesses()).toMatchObject([
      { fields: { path: "/hang", status: 0, ip: "127.0.0.1", aborted: true } },
    ]);
  });

  test("skips what skip() says, with the status at hand, and logs what skip() throws", async () => {
    const { client, lines, accesses } = await start({
      dispatch,
      accessLog: {
        skip(request, response) {
          if (request.path === "/users/throw") throw new Error("on purpose");
          return response.statusCode === 404 || request.path === "/users/skip";
        },
      },
    });
    const paths = ["/users/skip", "/users/1", "/nowhere", "/users/throw"];
    for (const [index, path] of paths.entries())
      await client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).responses(index + 1);
    await vi.waitFor(() => expect(accesses()).toHaveLength(2));
    expect(accesses()).toMatchObject([
      { fields: { path: "/users/1" } },
      { fields: { path: "/users/throw" } },
    ]);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([
      { message: "accessLog.skip() failed", fields: { err: { message: "on purpose" } } },
    ]);
  });
});

test("an exchange with a line stays direct, and gets no listener on its response", async () => {
  const states: unknown[] = [];
  const { client, accesses } = await start({ dispatch: "direct" }, (server) => {
    server.handle({
      routePath: "direct",
      handler: (request, response) => {
        response.sendJson({});
        states.push(response.state, response.eventNames(), request.eventNames());
      },
    });
  });
  await client.send("GET /direct HTTP/1.1\r\nHost: x\r\n\r\n").responses(1);
  expect(states).toEqual([ExchangeState.FLUSHED, [], []]);
  expect(accesses()).toHaveLength(1);
});

test("a server without accessLog, or with false, writes no line and measures nothing", async () => {
  for (const accessLog of [undefined, false] as const) {
    const { server } = makeServer(accessLog === undefined ? {} : { accessLog });
    expect(server.answerTarget.settlement.isUsed).toBe(false);
  }
});

test("the line names the worker unless its logger does so already", () => {
  const { request } = makeExchange();
  Object.defineProperty(request, "server", { value: { readIp: () => "::1", isPeerTrusted: () => false } });
  const exchange: SettledExchange = {
    request,
    route: undefined,
    method: "GET",
    status: 200,
    bytesIn: 0,
    bytesOut: 5,
    duration: 1.23456,
    aborted: false,
  };
  const workersOf = (isOwn: boolean, workerId: number) => {
    const { logger, lines } = collectLog();
    createAccessLog(
      { log: logger, workerId, reportError: () => undefined },
      {},
      isOwn ? logger : undefined,
    )(exchange);
    return lines.map(({ fields }) => ({ worker: 0, ms: 0, ...fields })).map(({ worker, ms }) => [worker, ms]);
  };
  expect(workersOf(true, 2)).toEqual([[2, 1.23]]);
  expect(workersOf(false, 2)).toEqual([[undefined, 1.23]]);
  expect(workersOf(true, 0)).toEqual([[undefined, 1.23]]);
});

test.each<[accessLog: unknown, code: string, message: RegExp]>([
  [
    "combined",
    "PKT_OPTION_INVALID",
    /"accessLog": got "combined", expected true, false or an object such as/,
  ],
  [{ skip: "/livez" }, "PKT_OPTION_INVALID", /"accessLog\.skip": got "\/livez", expected a function/],
  [{ skipp: () => true }, "PKT_OPTION_UNKNOWN", /"accessLog\.skipp"\. Did you mean "skip"\?/],
])("the option %j is refused", (accessLog, code, message) => {
  expect(() => Reflect.construct(Packetron, [{ maxThreads: 1, accessLog }])).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
