import { setTimeout as pause } from "node:timers/promises";
import { type Capability, GateOrder, type Packetron, PacketronRequestMethod } from "@packetron/core";
import { figure } from "@packetron/core/capability";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, test } from "vitest";
import { ExchangeState } from "../../core/src/message/exchange.ts";
import { metrics } from "../src/index.ts";
import { ask, countsOf, makeServer, parse, samplesOf, startServer } from "./_server.ts";

const dispatches = ["direct", "standard"] as const;
const DURATION = "http_server_request_duration_seconds";

describe("metrics() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(metrics)) test(name, run);
});

describe("metrics() with its option does what every capability does", () => {
  for (const { name, run } of capabilityConformance(metrics, { options: { metrics: true } })) test(name, run);
});

async function scrape(server: Packetron, path = "/metrics"): Promise<string> {
  return (await ask(server, path)).body;
}

/** How many requests were counted, by method, route and status. */
async function counts(server: Packetron): Promise<Record<string, number>> {
  return countsOf(await scrape(server));
}

describe.each(dispatches)("requests are counted, %s dispatch:", (dispatch) => {
  test("by method, route pattern and status, refusals of core among them", async () => {
    const { server } = await startServer(
      (made) => {
        made.handle({ routePath: "users/:id", handler: (_request, response) => response.sendOk() });
        made.handle({
          method: PacketronRequestMethod.POST,
          routePath: "fail",
          handler: () => {
            throw new Error("no");
          },
        });
      },
      { dispatch },
    );
    for (const id of [1, 2, 3]) await ask(server, `/users/${id}`);
    await ask(server, "/users/1", { method: "HEAD" });
    await ask(server, "/none");
    await ask(server, "/users/1", { method: "PUT" });
    await ask(server, "/fail", { method: "POST" });
    await ask(server, "/users/%00");
    await ask(server, "/", { method: "PROPFIND" });
    expect(await counts(server)).toEqual({
      "GET /users/:id 200": 3,
      "HEAD /users/:id 200": 1,
      "GET - 404": 1,
      "PUT - 405": 1,
      "POST /fail 500": 1,
      "GET - 400": 1,
      "_OTHER - 501": 1,
    });
  });

  test("a client that leaves is counted without a status", async () => {
    const arrived = new AbortController();
    const { server } = await startServer(
      (made) =>
        void made.handle({
          routePath: "slow",
          handler: () => {
            arrived.abort();
            return pause(60_000, undefined, { ref: false });
          },
        }),
      { dispatch },
    );
    const leaving = new AbortController();
    const left = fetch(`http://127.0.0.1:${server.port}/slow`, { signal: leaving.signal }).catch(
      () => undefined,
    );
    await expect.poll(() => arrived.signal.aborted).toBe(true);
    expect(samplesOf(await scrape(server), "http_server_active_requests")).toContain(
      '{http_request_method="GET",http_route="/slow"} 1',
    );
    leaving.abort();
    await left;
    await expect.poll(() => counts(server)).toMatchObject({ "GET /slow -": 1 });
    expect(samplesOf(await scrape(server), "http_server_active_requests")).toContain(
      '{http_request_method="GET",http_route="/slow"} 0',
    );
  });

  test("the bytes of bodies add up by route", async () => {
    const { server } = await startServer(
      (made) =>
        void made.handle({
          method: PacketronRequestMethod.POST,
          routePath: "echo",
          flags: TEXT_BODY,
          handler: async (request, response) => response.sendTextPlain(String(await request.getBody())),
        }),
      { dispatch, others: [textBody] },
    );
    const headers = { "Content-Type": "text/plain" };
    for (const body of ["12345", "123"]) await ask(server, "/echo", { method: "POST", headers, body });
    const text = await scrape(server);
    for (const direction of ["request", "response"])
      expect(samplesOf(text, `http_server_${direction}_body_bytes_total`)).toContain(
        '{http_route="/echo"} 8',
      );
  });
});

const TEXT_BODY = 1 << 20;
const textBody: Capability = {
  name: "text-body",
  install: (host) =>
    host.bodyParser({
      flag: TEXT_BODY,
      name: "TEXT_BODY",
      mediaTypes: ["text/*"],
      form: "text",
      parse: (text) => text,
    }),
};

test("durations fall into the buckets of the option", async () => {
  const { server } = await startServer(
    (made) =>
      void made.handle({
        routePath: "slow",
        handler: async (_request, response) => {
          await pause(60);
          response.sendOk();
        },
      }),
    { metrics: { buckets: [0.05, 30] } },
  );
  await ask(server, "/slow");
  const text = await scrape(server);
  expect(samplesOf(text, `${DURATION}_bucket`).map((line) => /le="(.*)"} (.*)/.exec(line)?.slice(1))).toEqual(
    [
      ["0.05", "0"],
      ["30", "1"],
      ["+Inf", "1"],
    ],
  );
  expect(Number(samplesOf(text, `${DURATION}_sum`)[0]?.split(" ")[1])).toBeGreaterThan(0.05);
});

test("metrics: false on a route, or on its group, leaves its requests out", async () => {
  const { server } = await startServer((made) => {
    made.handle({ routePath: "a", handler: (_request, response) => response.sendOk() });
    made.handle({ routePath: "b", metrics: false, handler: (_request, response) => response.sendOk() });
    const group = made.group({ prefix: "g", metrics: false });
    group.handle({ routePath: "c", handler: (_request, response) => response.sendOk() });
    group.handle({ routePath: "d", metrics: null, handler: (_request, response) => response.sendOk() });
  });
  for (const path of ["/a", "/b", "/g/c", "/g/d"]) await ask(server, path);
  expect(await counts(server)).toEqual({ "GET /a 200": 1, "GET /g/d 200": 1 });
});

test("no exchange leaves the direct way, not even a scrape", async () => {
  const states: number[] = [];
  const watch: Capability = {
    name: "watch",
    install: (host) =>
      void host.answering((_request, response) => void process.nextTick(() => states.push(response.state))),
  };
  const { server } = await startServer(
    (made) => void made.handle({ routePath: "a", handler: (_request, response) => response.sendOk() }),
    { dispatch: "direct", others: [watch] },
  );
  for (const path of ["/a", "/none", "/metrics"])
    await ask(server, path, { headers: { Connection: "keep-alive" } });
  expect(states).toHaveLength(3);
  expect(states).not.toContain(ExchangeState.NODE);
});

describe("the endpoint", () => {
  test("answers GET and HEAD, and says which other methods are wrong", async () => {
    const { server } = await startServer(() => undefined);
    const got = await ask(server, "/metrics");
    expect(got).toMatchObject({
      status: 200,
      headers: {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
        "cache-control": "no-store",
        vary: "Accept",
      },
    });
    expect(await ask(server, "/metrics", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
    expect(await ask(server, "/metrics", { method: "POST" })).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD, OPTIONS" },
    });
    expect(await ask(server, "/metrics", { method: "OPTIONS" })).toMatchObject({ status: 204 });
  });

  test("is answered before gates that refuse, at its own path only", async () => {
    const deny: Capability = {
      name: "deny",
      install: (host) =>
        void host.gate(GateOrder.EARLY, (_request, response) => response.sendStatusCode(401)),
    };
    const { server } = await startServer(() => undefined, {
      metrics: { path: "/internal/m" },
      others: [deny],
    });
    expect(await ask(server, "/internal/m")).toMatchObject({ status: 200 });
    expect(await ask(server, "/metrics")).toMatchObject({ status: 401 });
  });

  test("is answered by a route of the program that has its path, with one warning", async () => {
    const { server, lines } = await startServer(
      (made) =>
        void made.handle({ routePath: "metrics", handler: (_q, response) => response.sendTextPlain("own") }),
    );
    for (const _ of [1, 2]) expect(await ask(server, "/metrics")).toMatchObject({ body: "own" });
    expect(lines).toEqual([expect.stringContaining("has the path of the metrics")]);
  });

  test.each([
    ["none", {}, 401],
    ["another token", { Authorization: "Bearer secres" }, 401],
    ["another scheme", { Authorization: "Basic secret" }, 401],
    ["the token", { Authorization: "Bearer secret" }, 200],
    ["the token, and another case of the scheme", { Authorization: "bearer secret" }, 200],
  ])("with a token wants it: %s", async (_title, headers, status) => {
    const { server } = await startServer(() => undefined, { metrics: { token: "secret" } });
    const answer = await ask(server, "/metrics", { headers: { ...headers } });
    expect(answer.status).toBe(status);
    expect(answer.headers["www-authenticate"]).toBe(status === 401 ? "Bearer" : undefined);
    if (status === 401) expect(answer.body).not.toContain("http_server");
  });

  test("works without a start, through inject()", async () => {
    const { server } = makeServer();
    server.handle({ routePath: "a", handler: (_request, response) => response.sendOk() });
    await server.inject({ path: "a" });
    const answer = await server.inject({ path: "metrics" });
    expect(samplesOf(answer.text(), `${DURATION}_count`)).toEqual([
      '{http_request_method="GET",http_route="/a",http_response_status_code="200"} 1',
    ]);
  });
});

test("figures that capabilities keep are counters and gauges by their names", async () => {
  const shop: Capability = {
    name: "shop",
    install(host) {
      figure(host, "shop_refused_total", "Refused.").value += 3;
      figure(host, "shop_open", "Open.").value = 2;
    },
  };
  const { server } = await startServer(() => undefined, { others: [shop] });
  const families = parse(await scrape(server));
  expect(families.get("shop_refused_total")).toEqual({
    name: "shop_refused_total",
    help: "Refused.",
    type: "COUNTER",
    metrics: [{ value: "3" }],
  });
  expect(families.get("shop_open")).toMatchObject({ type: "GAUGE", metrics: [{ value: "2" }] });
});

test("the process and the program are described", async () => {
  const { server } = await startServer(() => undefined);
  const text = await scrape(server);
  expect(samplesOf(text, "packetron_workers")).toContain('{state="ready"} 1');
  expect(samplesOf(text, "packetron_generation")).toEqual(["1"]);
  const families = parse(text);
  const value = (name: string): number => Number(families.get(name)?.metrics[0]?.value);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(value("process_cpu_seconds_total")).toBeGreaterThan(0.05);
  expect(value("v8js_memory_heap_used_bytes")).toBeGreaterThan(1_000_000);
  expect(Math.abs(value("process_start_time_seconds") - performance.timeOrigin / 1_000)).toBeLessThan(1);
  expect(value("packetron_connections")).toBe(1);
  for (const figureName of [
    "utilization_ratio",
    "delay_p50_seconds",
    "delay_p99_seconds",
    "delay_max_seconds",
  ])
    expect(value(`nodejs_eventloop_${figureName}`)).toBeGreaterThanOrEqual(0);
  expect(samplesOf(text, "nodejs_eventloop_time_seconds_total")).toHaveLength(2);
});

test("a server without the option has no endpoint, counts nothing, and its own metrics work", async () => {
  const { server } = await startServer(() => undefined, { metrics: false });
  server.metrics.counter({ name: "a_total", help: "A." }).inc();
  expect(await ask(server, "/metrics")).toMatchObject({ status: 404 });
  expect(server.answerTarget.settlement.isUsed).toBe(false);
});
