import { setTimeout as pause } from "node:timers/promises";
import {
  type Capability,
  GateOrder,
  Packetron,
  PacketronRequestMethod,
  PacketronServerFlags,
  type RouteOptions,
} from "@packetron/core";
import { route as createRoute } from "@packetron/core/capability";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { rateLimit } from "../src/index.ts";
import { exchange, ok, startServer, statuses } from "./_server.ts";

const twenty = Array<number>(20).fill(200);

describe("rateLimit() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(rateLimit)) test(name, run);
});

describe("an endpoint with a limit of 10", () => {
  test("answers 10 of 200 requests in one window, refuses the others, and leaves other routes alone", async () => {
    const { server, clock } = await startServer((made) => {
      made.handle({ routePath: "a", maxRequestsPerSecond: 10, handler: ok });
      made.handle({ routePath: "b", maxRequestsPerSecond: 10, handler: ok });
      made.handle({ routePath: "free", handler: ok });
      made.handle({
        method: PacketronRequestMethod.POST,
        routePath: "a",
        maxRequestsPerSecond: 2,
        handler: ok,
      });
    });
    const counted = await statuses(server, Array(200).fill("GET /a"));
    expect(counted).toEqual([...Array(10).fill(200), ...Array(190).fill(429)]);
    expect(await statuses(server, Array(20).fill("GET /free"))).toEqual(twenty);
    expect(await statuses(server, Array(3).fill("POST /a\nContent-Length: 0"))).toEqual([200, 200, 429]);
    expect(await statuses(server, ["GET /b", "GET /nowhere", "PUT /a"])).toEqual([200, 404, 405]);
    clock.time += 1000;
    expect(await statuses(server, Array(11).fill("GET /a"))).toEqual([...Array(10).fill(200), 429]);
  });

  test("refuses with a 429 with Retry-After and a problem document, and keeps the connection open", async () => {
    const { server } = await startServer((made) =>
      made.handle({ routePath: "a", maxRequestsPerSecond: 1, handler: ok }),
    );
    const received = await exchange(server, ["GET /a", "GET /a", "GET /other"]);
    const [, refusal = "", after = ""] = received.split(/(?=HTTP\/1\.1 )/);
    const [head = "", body = ""] = refusal.split("\r\n\r\n");
    expect(JSON.parse(body)).toMatchObject({ title: "Too Many Requests", status: 429, retryAfter: 1 });
    expect(head.split("\r\n")).toEqual(
      expect.arrayContaining([
        "HTTP/1.1 429 Too Many Requests",
        "Retry-After: 1",
        "Content-Type: application/problem+json",
        "Connection: keep-alive",
      ]),
    );
    expect(after).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe("what counts as one endpoint", () => {
  test.each([
    ["the query", "GET /a/b?x=1"],
    ["a leading slash in the query", "GET /a/b?/"],
    ["percent coding", "GET /%61/b"],
    ["percent coding of another letter", "GET /a/%62"],
    ["a forwarded address", "GET /a/b\nX-Forwarded-For: 192.0.2.7"],
    ["HEAD, which the GET route answers", "HEAD /a/b"],
    ["the absolute form", "GET http://localhost/a/b"],
  ])("another spelling by %s counts for the same endpoint", async (_name, request) => {
    const { server } = await startServer((made) =>
      made.handle({ routePath: "a/b", maxRequestsPerSecond: 2, handler: ok }),
    );
    expect(await statuses(server, [request, "GET /a/b", request, "GET /a/b"])).toEqual([200, 200, 429, 429]);
  });

  test.each(["GET /A/b", "GET /a//b", "GET /a/b/", "GET /a/./b", "GET /a%2Fb"])(
    "%s is another path: it does not match and does not count",
    async (request) => {
      const { server } = await startServer((made) =>
        made.handle({ routePath: "a/b", maxRequestsPerSecond: 1, handler: ok }),
      );
      expect(await statuses(server, [request, "GET /a/b", request, "GET /a/b"])).toEqual([
        404, 200, 404, 429,
      ]);
    },
  );

  test("with IGNORE_TRAILING_SLASH both spellings count together", async () => {
    const { server } = await startServer(
      (made) => made.handle({ routePath: "a/", maxRequestsPerSecond: 1, handler: ok }),
      { flags: PacketronServerFlags.IGNORE_TRAILING_SLASH },
    );
    expect(await statuses(server, ["GET /a", "GET /a/"])).toEqual([200, 429]);
  });

  test("all paths of a pattern are one endpoint", async () => {
    const { server } = await startServer((made) =>
      made.handle({ routePath: "users/:id", maxRequestsPerSecond: 2, handler: ok }),
    );
    expect(await statuses(server, ["GET /users/1", "GET /users/2", "GET /users/3"])).toEqual([200, 200, 429]);
  });

  test("a HEAD route of its own has a limit of its own", async () => {
    const { server } = await startServer((made) => {
      for (const method of [PacketronRequestMethod.GET, PacketronRequestMethod.HEAD])
        made.handle({ method, routePath: "a", maxRequestsPerSecond: 1, handler: ok });
    });
    expect(await statuses(server, ["HEAD /a", "GET /a", "HEAD /a", "GET /a"])).toEqual([200, 200, 429, 429]);
  });

  test("a route that is registered again starts with an empty window", async () => {
    const { server } = await startServer((made) =>
      made.handle({ routePath: "a", maxRequestsPerSecond: 1, handler: ok }),
    );
    expect(await statuses(server, ["GET /a", "GET /a"])).toEqual([200, 429]);
    server.handle({ routePath: "a", maxRequestsPerSecond: 1, handler: ok });
    expect(await statuses(server, ["GET /a", "GET /a"])).toEqual([200, 429]);
  });

  test("each served file is an endpoint", async () => {
    const files: Capability = {
      name: "files",
      install(host) {
        const serve = (routePath: string) =>
          createRoute(host, {
            routePath,
            maxRequestsPerSecond: 1,
            handler: (_request, response) => response.sendOk(),
          });
        const routes = new Map(["/one.txt", "/two.txt"].map((path) => [path, serve(path)]));
        host.resolver((method, path) =>
          method === PacketronRequestMethod.GET ? routes.get(path) : undefined,
        );
      },
    };
    const { server } = await startServer(() => undefined, { capabilities: [files] });
    const requests = ["GET /one.txt", "GET /two.txt", "GET /one.txt", "HEAD /two.txt"];
    expect(await statuses(server, requests)).toEqual([200, 200, 429, 429]);
  });
});

describe("the place of the gate", () => {
  test("is after the global plugins, and before the body limit, the local plugins and the handler", async () => {
    const ran: string[] = [];
    const stages: Capability = {
      name: "stages",
      install(host) {
        host.gate(GateOrder.GLOBAL_PLUGINS, () => void ran.push("global"));
        host.routeOption("stages", (_value, route) => {
          host.gate(GateOrder.RATE_LIMIT - 1, () => void ran.push("before"), route);
          host.gate(GateOrder.LOCAL_PLUGINS, () => void ran.push("local"), route);
        });
      },
    };
    const { server } = await startServer(
      (made) => {
        const options = {
          method: PacketronRequestMethod.POST,
          routePath: "a",
          maxRequestsPerSecond: 2,
          maxRequestSizeInBytes: 3,
          stages: true,
          handler: ok,
        };
        made.handle(options);
      },
      { capabilities: [stages] },
    );
    const fits = "POST /a\nContent-Length: 0";
    const tooLarge = "POST /a\nContent-Length: 9";
    expect(await statuses(server, [fits])).toEqual([200]);
    expect(ran.splice(0)).toEqual(["global", "before", "local"]);
    expect(await statuses(server, [tooLarge])).toEqual([413]);
    expect(ran.splice(0)).toEqual(["global", "before"]);
    expect(await statuses(server, [tooLarge])).toEqual([429]);
    expect(await statuses(server, [fits])).toEqual([429]);
    expect(ran).toEqual(["global", "before", "global", "before"]);
  });

  test("emits finish for the 429, and keeps the headers of global plugins", async () => {
    const finished: number[] = [];
    const watch: Capability = {
      name: "watch",
      install: (host) =>
        void host.gate(GateOrder.GLOBAL_PLUGINS, (_request, response) => {
          response.setHeader("Access-Control-Allow-Origin", "*");
          response.on("finish", () => finished.push(response.statusCode));
        }),
    };
    const { server } = await startServer(
      (made) => made.handle({ routePath: "a", maxRequestsPerSecond: 1, handler: ok }),
      { capabilities: [watch] },
    );
    const received = await exchange(server, ["GET /a", "GET /a"]);
    expect(received.match(/Access-Control-Allow-Origin: \*/g)).toHaveLength(2);
    expect(finished).toEqual([200, 429]);
  });

  test("is before the body is read: a refused upload is answered at once", async () => {
    const { server } = await startServer((made) =>
      made.handle({
        method: PacketronRequestMethod.POST,
        routePath: "a",
        maxRequestsPerSecond: 1,
        handler: ok,
      }),
    );
    const upload = "POST /a\nContent-Length: 1000000\nExpect: 100-continue";
    expect(await statuses(server, ["POST /a\nContent-Length: 0"])).toEqual([200]);
    expect(await statuses(server, [upload])).toEqual([429]);
  });
});

describe("the value of maxRequestsPerSecond", () => {
  function register(value: unknown): RouteOptions {
    const server = new Packetron({ maxThreads: 1, capabilities: [rateLimit()] });
    const options: RouteOptions = { routePath: "a", handler: ok };
    Reflect.set(options, "maxRequestsPerSecond", value);
    server.handle(options);
    return options;
  }

  test.each<readonly [value: unknown, shown: string]>([
    [-1, "-1"],
    [0.5, "0.5"],
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [2 ** 53, "9007199254740992"],
    ["10", '"10"'],
    ["", '""'],
    [10n, "10n"],
    [true, "true"],
    [false, "false"],
    [[10], "an array"],
    [Object.create(null), "an object"],
    [Symbol("ten"), "Symbol(ten)"],
    [() => 10, "a function"],
  ])("%o is refused", (value, shown) => {
    expect(() => register(value)).toThrow(
      expect.objectContaining({
        code: "PKT_OPTION_INVALID",
        message: `Option "maxRequestsPerSecond": got ${shown}, expected a whole number of requests, or null (or 0) for no limit.`,
      }),
    );
  });

  test.each([1, 1e9, Number.MAX_SAFE_INTEGER, 0, -0, null, undefined])("%o is accepted", (value) => {
    expect(register(value)).toMatchObject({ routePath: "a" });
  });

  test("is refused with the package to install, where the package is not installed", () => {
    const server = new Packetron({ maxThreads: 1 });
    expect(() => server.handle({ routePath: "a", maxRequestsPerSecond: 1, handler: ok })).toThrow(
      /npm install @packetron\/ratelimit, then add rateLimit\(\)/,
    );
  });
});

test.each([null, undefined, 0])("a route with %o has no gate: it runs its handler directly", (value) => {
  const server = new Packetron({ maxThreads: 1, capabilities: [rateLimit()] });
  const options: RouteOptions = { routePath: "a", handler: ok };
  Reflect.set(options, "maxRequestsPerSecond", value);
  expect(server.handle(options).run).toBe(ok);
  expect(server.handle({ routePath: "b", maxRequestsPerSecond: 1, handler: ok }).run).not.toBe(ok);
});

describe("the clock of rateLimit()", () => {
  async function startReal(): Promise<Packetron> {
    const flags = PacketronServerFlags.SILENCE_INTERNAL_LOGS;
    const server = new Packetron({
      host: "127.0.0.1",
      port: 0,
      maxThreads: 1,
      idleGrace: 0,
      flags,
      capabilities: [rateLimit()],
    });
    onTestFinished(() => server.stop());
    server.handle({ routePath: "a", maxRequestsPerSecond: 1, handler: ok });
    await server.start();
    return server;
  }

  test("opens the window again after a second, and not before", async () => {
    const server = await startReal();
    const start = performance.now();
    expect(await statuses(server, ["GET /a"])).toEqual([200]);
    let status = 0;
    while (status !== 200 && performance.now() - start < 10_000) {
      await pause(20);
      [status = 0] = await statuses(server, ["GET /a"]);
    }
    expect(status).toBe(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(1000);
  });

  test.each([
    ["10 years back", -10 * 365 * 86_400_000],
    ["two days forward", 2 * 86_400_000],
  ])("does not follow the wall clock when that steps %s", async (_name, step) => {
    const server = await startReal();
    const now = Date.now.bind(Date);
    expect(await statuses(server, ["GET /a"])).toEqual([200]);
    const first = performance.now();
    const stepping = vi.spyOn(Date, "now").mockImplementation(() => now() + step);
    onTestFinished(() => stepping.mockRestore());
    const [status] = await statuses(server, ["GET /a"]);
    // On a machine that stalled for a second, the window has ended, so the status is not checked.
    if (performance.now() - first < 1000) expect(status).toBe(429);
    await pause(Math.max(1, 1005 - (performance.now() - first)));
    expect(await statuses(server, ["GET /a"])).toEqual([200]);
  });
});
