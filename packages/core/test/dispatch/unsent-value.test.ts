import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { noteReturned } from "../../src/dispatch/unsent-value.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import type { PacketronRoute } from "../../src/routing/route.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { RawClient } from "../_raw.ts";
import { makeExchange, makeRoute } from "../_routes.ts";
import { makeServer, startServer } from "../_server.ts";

/** Makes an exchange whose handler has not answered. */
function unanswered(
  server: Packetron,
  route: PacketronRoute | null,
): { request: PacketronRequest; response: PacketronResponse } {
  const { request, response } = makeExchange();
  request.route = route;
  Object.defineProperty(request, "server", { value: server });
  return { request, response };
}

class Query {}

describe("a handler that has not answered a second after it returned", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test.each<[kind: string, value: unknown]>([
    ["an object", { x: 1 }],
    ["an array", [1]],
    ["a string", "a"],
    ["bytes", Buffer.from("a")],
  ])("%s is warned of once a route, with the call and the flag", (kind, value) => {
    const { server, lines } = makeServer();
    const route = makeRoute({ routePath: "a" });
    for (let count = 0; count < 3; count++) {
      const { request, response } = unanswered(server, route);
      noteReturned(value, request, response);
    }
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(999);
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(1);
    const { request, response } = unanswered(server, route);
    noteReturned(value, request, response);
    vi.advanceTimersByTime(5_000);
    expect(lines).toEqual([
      {
        level: "warn",
        fields: { route: "GET /a" },
        message:
          `the handler of GET /a returned ${kind} and has not answered: call response.send(value), ` +
          "or give the route the flag PacketronHandlerFlags.SEND_RETURN_VALUE",
      },
    ]);
  });

  test.each<[kind: string, value: unknown]>([
    ["a timer", setTimeout(() => {})],
    ["an instance of a class", new Query()],
    ["a number", 5],
    ["null", null],
    ["true", true],
    ["a function", () => 1],
  ])("%s is not warned of, and starts no timer", (_kind, value) => {
    const { server } = makeServer();
    const { request, response } = unanswered(server, makeRoute({ routePath: "a" }));
    const before = vi.getTimerCount();
    noteReturned(value, request, response);
    expect(vi.getTimerCount()).toBe(before);
  });

  test("is warned of after another request of the route was answered in time, or its client had left", () => {
    const { server, lines } = makeServer();
    const route = makeRoute({ routePath: "a" });
    const returnTo = (): PacketronResponse => {
      const { request, response } = unanswered(server, route);
      noteReturned("a", request, response);
      return response;
    };
    returnTo().writeHead(200);
    vi.advanceTimersByTime(1_000);
    returnTo().destroy();
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual([]);
    returnTo();
    vi.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(1);
  });

  test("of onNotFound() is warned of once a server, without the flag, which only routes have", () => {
    const { server, lines } = makeServer();
    for (let count = 0; count < 2; count++) {
      const { request, response } = unanswered(server, null);
      noteReturned({ error: "no" }, request, response);
      vi.advanceTimersByTime(1_000);
    }
    expect(lines.map(({ message }) => message)).toEqual([
      "onNotFound()'s handler returned an object and has not answered: call response.send(value)",
    ]);
  });
});

test("a server warns of handlers that return or resolve with a value, and of onNotFound()", async () => {
  const { server, lines } = await startServer((made) => {
    made.handle({ routePath: "sync", handler: () => "a" });
    made.handle({ routePath: "async", handler: async () => ({ x: 1 }) });
    made.onNotFound(() => ["no"]);
  });
  const clients = await Promise.all(
    ["sync", "async", "nothing"].map(async (path) => {
      const client = await RawClient.connect({ port: server.port });
      return client.send(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    }),
  );
  await vi.waitFor(() => expect(lines).toHaveLength(3), 10_000);
  expect(lines.map(({ message }) => message.split(" and has")[0]).toSorted()).toEqual([
    "onNotFound()'s handler returned an array",
    "the handler of GET /async returned an object",
    "the handler of GET /sync returned a string",
  ]);
  for (const client of clients) client.destroy();
});
