import { Packetron, PacketronRequestMethod, type RouteOptions, showValue } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { byHeader, type RateLimitOptions, rateLimit } from "../src/index.ts";
import { exchange, ok, startServer, statuses, type TestClock } from "./_server.ts";

interface Started {
  readonly server: Packetron;
  readonly clock: TestClock;
}

const { POST } = PacketronRequestMethod;

/** A server with one route, `GET /a`, and the given limit on it. */
function limited(rateLimitOption: RateLimitOptions): Promise<Started> {
  return startServer((made) => made.handle({ routePath: "a", rateLimit: rateLimitOption, handler: ok }));
}

/** The fields of the answers to requests, in order. */
async function fieldsOf(server: Packetron, requests: readonly string[]): Promise<Map<string, string>[]> {
  const received = await exchange(server, requests);
  return received.split(/(?=HTTP\/1\.1 )/).map((answer) => {
    const [, ...lines] = (answer.split("\r\n\r\n")[0] ?? "").split("\r\n");
    return new Map(lines.map((line) => [line.split(": ")[0] ?? "", line.split(": ")[1] ?? ""]));
  });
}

describe.each(["worker", "program", "everywhere"] as const)("a limit of scope %s", (scope) => {
  test("lets its burst through, refuses the rest, and lets one through each window / limit", async () => {
    const { server, clock } = await limited({ limit: 4, window: 60_000, scope });
    expect(await statuses(server, Array(7).fill("GET /a"))).toEqual([200, 200, 200, 200, 429, 429, 429]);
    if (scope !== "worker") return; // the leases of the others run by the clock of their grantor
    clock.time += 15_000;
    expect(await statuses(server, Array(2).fill("GET /a"))).toEqual([200, 429]);
  });

  test("counts each route by itself", async () => {
    const { server } = await startServer((made) => {
      for (const routePath of ["a", "b"])
        made.handle({ routePath, rateLimit: { limit: 1, scope }, handler: ok });
      made.handle({ method: POST, routePath: "a", rateLimit: { limit: 1, scope }, handler: ok });
      made.handle({ routePath: "free", handler: ok });
    });
    const requests = ["GET /a", "GET /b", "POST /a\nContent-Length: 0", "GET /a", "GET /free", "GET /free"];
    expect(await statuses(server, requests)).toEqual([200, 200, 200, 429, 200, 200]);
  });

  test("counts each key by itself, and does not limit null", async () => {
    const key = byHeader("X-Key");
    const { server } = await limited({
      limit: 1,
      scope,
      key: (request) => (key(request) === "free" ? null : key(request)),
    });
    const requests = ["a", "b", "a", "free", "free", "a".repeat(8_000), "a".repeat(8_000)];
    expect(
      await statuses(
        server,
        requests.map((value) => `GET /a\nX-Key: ${value}`),
      ),
    ).toEqual([...[200, 200, 429, 200, 200], ...[200, 429]]);
  });

  test("counts the cost of a request", async () => {
    const { server } = await limited({ limit: 10, cost: 4, scope });
    expect(await statuses(server, Array(4).fill("GET /a"))).toEqual([200, 200, 429, 429]);
  });
});

describe("the limit of the server", () => {
  test("counts the requests of all routes together, those without a route, too", async () => {
    const { server } = await startServer((made) => made.handle({ routePath: "a", handler: ok }), {
      rateLimit: { limit: 3 },
    });
    expect(await statuses(server, ["GET /a", "GET /nowhere", "PUT /a", "GET /a", "GET /nowhere"])).toEqual([
      ...[200, 404, 405],
      ...[429, 429],
    ]);
  });

  test("gives way to the limit of a route, or of its group, and to false", async () => {
    const { server } = await startServer(
      (made) => {
        made.handle({ routePath: "own", rateLimit: { limit: 2 }, handler: ok });
        made.handle({ routePath: "free", rateLimit: false, handler: ok });
        made.handle({ routePath: "none", rateLimit: null, handler: ok });
        made.group({ prefix: "api", rateLimit: { limit: 2 } }).handle({ routePath: "b", handler: ok });
      },
      { rateLimit: { limit: 1 } },
    );
    for (const path of ["own", "api/b"])
      expect(await statuses(server, Array(3).fill(`GET /${path}`))).toEqual([200, 200, 429]);
    expect(await statuses(server, Array(3).fill("GET /free"))).toEqual([200, 200, 200]);
    expect(await statuses(server, Array(2).fill("GET /none"))).toEqual([200, 429]);
  });
});

describe("headers", () => {
  test("say the quota, what is left and when it is whole again; a refusal has Retry-After", async () => {
    const { server } = await limited({ limit: 2, window: 60_000, scope: "worker" });
    const [first, , third] = await fieldsOf(server, ["GET /a", "GET /a", "GET /a"]);
    expect(first?.get("RateLimit-Policy")).toBe('"default";q=2;w=60');
    expect(first?.get("RateLimit")).toBe('"default";r=1;t=30');
    expect(first?.has("Retry-After")).toBe(false);
    expect(third?.get("RateLimit")).toBe('"default";r=0;t=60');
    expect(third?.get("Retry-After")).toBe("30");
  });

  test("can be those of older libraries", async () => {
    const { server } = await limited({ limit: 2, headers: "legacy", scope: "worker" });
    const before = Math.floor(Date.now() / 1_000);
    const [first] = await fieldsOf(server, ["GET /a"]);
    expect([first?.get("X-RateLimit-Limit"), first?.get("X-RateLimit-Remaining")]).toEqual(["2", "1"]);
    const reset = Number(first?.get("X-RateLimit-Reset"));
    expect(reset).toBeGreaterThanOrEqual(before + 30);
    expect(reset).toBeLessThanOrEqual(Math.ceil(Date.now() / 1_000) + 30);
    expect(first?.has("RateLimit")).toBe(false);
  });

  test("can be left out", async () => {
    const { server } = await limited({ limit: 1, headers: false });
    const answers = await fieldsOf(server, ["GET /a", "GET /a"]);
    expect(answers.flatMap((fields) => [...fields.keys()]).filter((name) => /ratelimit/i.test(name))).toEqual(
      [],
    );
    expect(answers[1]?.get("Retry-After")).toBe("60");
  });

  test("are there on every answer: of a handler that throws, and of a method without a route", async () => {
    const { server } = await startServer(
      (made) =>
        made.handle({
          routePath: "a",
          handler: () => {
            throw new Error("on purpose");
          },
        }),
      { rateLimit: { limit: 9 } },
    );
    for (const fields of await fieldsOf(server, ["GET /a", "PUT /a", "GET /nowhere"]))
      expect(fields.get("RateLimit")).toMatch(/^"default";r=[876];t=\d+$/);
  });
});

test("onError() gets a coded error, and its answer keeps the status and Retry-After", async () => {
  const errors: unknown[] = [];
  const { server } = await startServer((made) => {
    made.handle({ routePath: "a", rateLimit: { limit: 1 }, handler: ok });
    made.onError((error, _request, response) => {
      errors.push(error);
      response.sendJson({ slow: "down" });
    });
  });
  const received = await exchange(server, ["GET /a", "GET /a"]);
  expect(received).toMatch(/HTTP\/1\.1 429 .*Retry-After: 60.*\{"slow":"down"\}$/s);
  expect(errors).toMatchObject([{ code: "PKT_RATELIMIT_LIMITED", status: 429 }]);
});

test.each([undefined, 5, Promise.resolve("a")])(
  "a key that is %o, and not a text, becomes a 500 with a coded error",
  async (key) => {
    const errors: unknown[] = [];
    const { server } = await startServer((made) => {
      const wrong: object = { routePath: "a", rateLimit: { limit: 1, key: () => key }, handler: ok };
      made.handle(wrong as RouteOptions);
      made.onError((error) => void errors.push(error));
    });
    expect(await statuses(server, ["GET /a"])).toEqual([500]);
    expect(errors).toMatchObject([
      { code: "PKT_RATELIMIT_KEY", message: expect.stringContaining(showValue(key)) },
    ]);
  },
);

describe("rateLimitScope", () => {
  test("counts maxRequestsPerSecond for the whole program, with the same answers", async () => {
    const { server } = await startServer(
      (made) => made.handle({ routePath: "a", maxRequestsPerSecond: 3, handler: ok }),
      { rateLimitScope: "program" },
    );
    const received = await fieldsOf(server, Array(5).fill("GET /a"));
    expect(received.map((fields) => fields.get("Retry-After"))).toEqual([
      ...[undefined, undefined, undefined],
      ...["1", "1"],
    ]);
  });
});

describe("a wrong option throws, and names what is expected", () => {
  test.each<[option: unknown, message: RegExp]>([
    [true, /rateLimit.*an object such as \{ limit: 100, window: 60_000 \}/],
    [100, /rateLimit/],
    [{}, /rateLimit\.limit.*undefined.*an integer from 1/],
    [{ limit: 0 }, /rateLimit\.limit/],
    [{ limit: 1.5 }, /rateLimit\.limit/],
    [{ limit: 1, max: 5 }, /max/],
    [{ limit: 1, window: 0 }, /rateLimit\.window/],
    [{ limit: 1, window: "1m" }, /rateLimit\.window.*"1m".*milliseconds/],
    [{ limit: 1, burst: 0 }, /rateLimit\.burst/],
    [{ limit: 1, cost: 2 }, /rateLimit\.cost.*from 1 to 1.*never passes/],
    [{ limit: 1, key: "ip" }, /rateLimit\.key.*byIp\(\)/],
    [{ limit: 1, scope: "cluster" }, /rateLimit\.scope.*"worker" or "program" or "everywhere"/],
    [{ limit: 1, whenDown: "fail" }, /rateLimit\.whenDown/],
    [{ limit: 1, headers: true }, /rateLimit\.headers/],
  ])("%o", (option, message) => {
    const server = new Packetron({ maxThreads: 1, capabilities: [rateLimit()] });
    const route = { routePath: "a", handler: ok, rateLimit: option };
    expect(() => server.handle(route as RouteOptions)).toThrow(message);
    const options = { maxThreads: 1, capabilities: [rateLimit()], rateLimit: option };
    expect(() => new Packetron(options as { rateLimit: false })).toThrow(message);
  });

  test("rateLimitScope", () => {
    const options = { maxThreads: 1, capabilities: [rateLimit()], rateLimitScope: "cluster" };
    expect(() => new Packetron(options as { rateLimitScope: "program" })).toThrow(/"worker" or "program"/);
  });
});
