import { Agent, get } from "node:http";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { type Capability, GateOrder, Packetron, PacketronRequestMethod } from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ExchangeState } from "../../core/src/message/exchange.ts";
import { otel, traceHeaders } from "../src/index.ts";
import { endedSpans, registerSdk, resetSpans, startServer } from "./_tracing.ts";

const dispatches = ["direct", "standard"] as const;
const REQUESTS = process.env["PACKETRON_TEST_FULL"] === undefined ? 300 : 10_000;

beforeAll(registerSdk);
beforeEach(resetSpans);

describe("otel() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(otel)) test(name, run);
});

describe("otel() with its option does what every capability does", () => {
  for (const { name, run } of capabilityConformance(otel, { options: { otel: true } })) test(name, run);
});

function setUp(server: Packetron): void {
  server.handle({
    routePath: "users/:id",
    handler: (request, response) => response.sendJson(request.params),
  });
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "fail",
    handler: async () => {
      throw new TypeError("no database");
    },
  });
  server.handle({ routePath: "probe", otel: false, handler: (_request, response) => response.sendOk() });
}

async function ask(server: Packetron, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  await response.arrayBuffer();
  return response;
}

describe.each(dispatches)("spans, %s dispatch:", (dispatch) => {
  test("a request has one by the conventions, with its route", async () => {
    const server = await startServer(setUp, { dispatch });
    await ask(server, "/users/7?page=2&Signature=secret", { headers: { "User-Agent": "test" } });
    await expect.poll(endedSpans).toHaveLength(1);
    const [span] = endedSpans();
    expect(span).toMatchObject({
      name: "GET /users/:id",
      kind: SpanKind.SERVER,
      status: { code: SpanStatusCode.UNSET },
      parentSpanContext: undefined,
      instrumentationScope: { name: "@packetron/otel" },
    });
    expect(span?.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/users/:id",
      "http.response.status_code": 200,
      "http.response.body.size": 10,
      "url.scheme": "http",
      "url.path": "/users/7",
      "url.query": "page=2&Signature=REDACTED",
      "network.protocol.version": "1.1",
      "client.address": "127.0.0.1",
      "user_agent.original": "test",
      "server.address": "127.0.0.1",
      "server.port": server.port,
    });
  });

  test("a failure of the handler is an error, with its exception; a fault of the client is none", async () => {
    const server = await startServer(setUp, { dispatch });
    await ask(server, "/fail", { method: "POST" });
    await ask(server, "/none");
    await expect.poll(endedSpans).toHaveLength(2);
    const [failed, missing] = endedSpans();
    expect(failed).toMatchObject({
      name: "POST /fail",
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "500", "http.response.status_code": 500 },
      events: [
        {
          name: "exception",
          attributes: { "exception.type": "TypeError", "exception.message": "no database" },
        },
      ],
    });
    expect(missing).toMatchObject({
      name: "GET",
      status: { code: SpanStatusCode.UNSET },
      attributes: { "http.response.status_code": 404 },
      events: [],
    });
  });

  test("the parent is that of traceparent, and a wrong one is ignored", async () => {
    const server = await startServer(setUp, { dispatch });
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await ask(server, "/users/1", {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: "a=1" },
    });
    await ask(server, "/users/2", { headers: { traceparent: "00-xyz" } });
    await expect.poll(endedSpans).toHaveLength(2);
    const [child, root] = endedSpans();
    expect(child?.spanContext().traceId).toBe(traceId);
    expect(child?.spanContext().traceState?.serialize()).toBe("a=1");
    expect(child?.parentSpanContext).toMatchObject({ spanId: "b7ad6b7169203331", isRemote: true });
    expect(root?.parentSpanContext).toBeUndefined();
  });

  test("requests that the option skips, and those of a route with otel: false, have none", async () => {
    const server = await startServer(setUp, { dispatch, otel: { skip: ({ path }) => path === "/users/1" } });
    for (const path of ["/users/1", "/probe", "/users/2"]) await ask(server, path);
    await expect.poll(endedSpans).toHaveLength(1);
    expect(endedSpans()[0]?.attributes["url.path"]).toBe("/users/2");
  });

  test("onSpan adds attributes", async () => {
    const onSpan = (span: import("@opentelemetry/api").Span): void => void span.setAttribute("shop", "a");
    const server = await startServer(setUp, { dispatch, otel: { onSpan } });
    await ask(server, "/users/1");
    await expect.poll(endedSpans).toHaveLength(1);
    expect(endedSpans()[0]?.attributes["shop"]).toBe("a");
  });

  test("of two servers under load, each has the right parent, with batched answers", async () => {
    const stock = await startServer(
      (made) =>
        void made.handle({
          routePath: "stock/:id",
          handler: (request, response) => {
            trace.getActiveSpan()?.setAttribute("id", request.params["id"] ?? "");
            response.sendTextPlain("3");
          },
        }),
      { dispatch },
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const shop = await startServer(
      (made) =>
        void made.handle({
          routePath: "shop/:id",
          handler: async (request, response) => {
            const id = request.params["id"] ?? "";
            const left = await fetchText(agent, stock.port, `/stock/${id}`);
            trace.getActiveSpan()?.setAttribute("id", id);
            response.sendTextPlain(`${id} ${left}`);
          },
        }),
      { dispatch },
    );
    await run(shop, REQUESTS);
    agent.destroy();
    await expect.poll(() => endedSpans().length, { timeout: 10_000 }).toBe(2 * REQUESTS);
    const shopSpans = new Map(
      endedSpans()
        .filter(({ name }) => name === "GET /shop/:id")
        .map((span) => [span.attributes["id"], span]),
    );
    expect(shopSpans.size).toBe(REQUESTS);
    const wrong = endedSpans().filter((span) => {
      if (span.name !== "GET /stock/:id") return span.parentSpanContext !== undefined;
      const parent = shopSpans.get(span.attributes["id"])?.spanContext();
      const { spanId, traceId } = span.parentSpanContext ?? {};
      return parent === undefined || parent.spanId !== spanId || parent.traceId !== traceId;
    });
    expect(wrong).toEqual([]);
  }, 60_000);
});

/** Sends requests over 32 connections, and expects the answer to each. */
async function run(server: Packetron, requests: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let next = 0;
  const client = async (): Promise<void> => {
    for (let id = next++; id < requests; id = next++)
      expect(await fetchText(agent, server.port, `/shop/${id}`, {})).toBe(`${id} 3`);
  };
  await Promise.all(Array.from({ length: 32 }, client));
  agent.destroy();
}

/** Gets a text, by default with the headers of the current trace. */
function fetchText(agent: Agent, port: number, path: string, headers = traceHeaders()): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = get({ host: "127.0.0.1", port, path, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject).on("end", () => resolve(text));
    });
    sent.on("error", reject);
  });
}

test("no exchange leaves the direct way", async () => {
  const states: number[] = [];
  const watch: Capability = {
    name: "watch",
    install: (host) =>
      void host.answering((_request, response) => void process.nextTick(() => states.push(response.state))),
  };
  const server = await startServer(setUp, { dispatch: "direct", others: [watch] });
  for (const path of ["/users/1", "/none"]) await ask(server, path);
  expect(states).toHaveLength(2);
  expect(states).not.toContain(ExchangeState.NODE);
});

test("a span is around the gates of the server", async () => {
  const names: unknown[] = [];
  const gate: Capability = {
    name: "gate",
    install: (host) =>
      void host.gate(GateOrder.EARLY, () => {
        names.push(trace.getActiveSpan() === undefined);
      }),
  };
  const server = await startServer(setUp, { others: [gate] });
  await ask(server, "/users/1");
  expect(names).toEqual([false]);
  expect(traceHeaders()).toEqual({});
});

test("a server without the option begins no span", async () => {
  const server = await startServer(setUp, { otel: false });
  await ask(server, "/users/1");
  expect(server.answerTarget.settlement.isUsed).toBe(false);
  expect(endedSpans()).toEqual([]);
});

test.each<[title: string, value: unknown, code: string]>([
  ["a number", 1, "PKT_OPTION_INVALID"],
  ["null", null, "PKT_OPTION_INVALID"],
  ["an unknown part", { skp: () => true }, "PKT_OPTION_UNKNOWN"],
  ["a skip that is no function", { skip: "/livez" }, "PKT_OPTION_INVALID"],
  ["an onSpan that is no function", { onSpan: {} }, "PKT_OPTION_INVALID"],
])("%s is refused", (_title, value, code) => {
  const options = { maxThreads: 1, capabilities: [otel()], otel: value };
  expect(() => Reflect.construct(Packetron, [options])).toThrow(expect.objectContaining({ code }));
});

test("another value than a boolean on a route is refused", () => {
  const server = new Packetron({ maxThreads: 1, capabilities: [otel()] });
  const route = { routePath: "a", otel: {}, handler: () => undefined };
  expect(() => Reflect.apply(server.handle, server, [route])).toThrow(
    expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
  );
});
