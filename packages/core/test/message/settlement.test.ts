import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type {
  Capability,
  CapabilityHost,
  Packetron,
  ServerOptions,
  SettledExchange,
} from "../../src/index.ts";
import { GateOrder, PacketronRequestMethod } from "../../src/index.ts";
import { RawClient } from "../_raw.ts";
import { startServer } from "../_server.ts";

/** Starts a server whose exchanges are collected. */
async function start(
  setUp: (server: Packetron) => void,
  options: ServerOptions & { readonly dispatch: "direct" | "standard" },
  more: (host: CapabilityHost) => void = () => undefined,
) {
  const settled: SettledExchange[] = [];
  const collect: Capability = {
    name: "collect",
    install(host) {
      host.settled((exchange) => settled.push(exchange));
      more(host);
    },
  };
  const { server, lines } = await startServer(setUp, { ...options, capabilities: [collect] });
  const client = await RawClient.connect({ port: server.port });
  onTestFinished(() => client.destroy());
  return { server, lines, settled, client };
}

/** The part of a report that does not depend on time. */
function factsOf({ route, method, status, bytesIn, bytesOut, aborted }: SettledExchange): object {
  return { route, method, status, bytesIn, bytesOut, aborted };
}

describe.each(["direct", "standard"] as const)("settled(), %s dispatch", (dispatch) => {
  const { GET, POST } = PacketronRequestMethod;

  function setUp(server: Packetron): void {
    server.handle({
      routePath: "users/:id",
      handler: (request, response) => response.send(request.params.id),
    });
    server.handle({ routePath: "none", handler: (_request, response) => response.sendStatusCode(204) });
    server.handle({
      method: POST,
      routePath: "upload",
      maxRequestSizeInBytes: 10,
      handler: async (request, response) => {
        let bytes = 0;
        for await (const chunk of request) bytes += chunk.length;
        response.send(`${bytes}`);
      },
    });
    server.handle({
      routePath: "stream",
      handler: (_request, response) => {
        response.write("abc");
        response.end("def");
      },
    });
    server.handle({
      routePath: "fail",
      handler: () => {
        throw new Error("on purpose");
      },
    });
    server.handle({ method: GET, routePath: "hang", handler: () => undefined });
  }

  const whole = { bytesIn: 0, aborted: false };
  test.each<[request: string, facts: object]>([
    ["GET /users/12345", { ...whole, route: "/users/:id", method: "GET", status: 200, bytesOut: 5 }],
    ["HEAD /users/12345", { ...whole, route: "/users/:id", method: "HEAD", status: 200, bytesOut: 0 }],
    ["GET /none", { ...whole, route: "/none", method: "GET", status: 204, bytesOut: 0 }],
    ["GET /fail", { ...whole, route: "/fail", method: "GET", status: 500 }],
    ["GET /nowhere", { ...whole, route: undefined, method: "GET", status: 404 }],
    ["DELETE /none", { ...whole, route: undefined, method: "DELETE", status: 405 }],
    ["OPTIONS /none", { ...whole, route: undefined, method: "OPTIONS", status: 204, bytesOut: 0 }],
    ["GET /%", { ...whole, route: undefined, method: "GET", status: 400 }],
    ["PROPFIND /none", { ...whole, route: undefined, method: "PROPFIND", status: 501 }],
    // Six bytes of content, and of each chunk its length and three line ends.
    ["GET /stream", { ...whole, route: "/stream", method: "GET", status: 200, bytesOut: 6 + 2 * 5 + 5 }],
  ])("reports %s once, with the facts of its answer", async (line, facts) => {
    const { settled, client } = await start(setUp, { dispatch });
    const method = line.slice(0, line.indexOf(" "));
    await client.send(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`).responses(1, [method]);
    await vi.waitFor(() => expect(settled).toHaveLength(1));
    const [exchange] = settled;
    if (exchange === undefined) throw new Error("no exchange was reported");
    expect(factsOf(exchange)).toMatchObject(facts);
    expect(exchange.request.url).toBe(line.slice(line.indexOf(" ") + 1));
    expect(exchange.duration).toBeGreaterThan(0);
    await nextTurn();
    expect(settled).toHaveLength(1);
  });

  test("counts the bytes of a body, and reports the 413 of one that is too large", async () => {
    const { settled, client } = await start(setUp, { dispatch });
    await client
      .send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789")
      .responses(1);
    await client
      .send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n0123456789")
      .responses(2);
    await vi.waitFor(() => expect(settled).toHaveLength(2));
    expect(settled.map(({ status, bytesIn, bytesOut }) => [status, bytesIn, bytesOut]).slice(0, 1)).toEqual([
      [200, 10, 2],
    ]);
    expect(settled[1]).toMatchObject({ route: "/upload", status: 413, aborted: false });
  });

  test("reports answers to pipelined requests in their order, each once", async () => {
    const { settled, client } = await start(setUp, { dispatch });
    const paths = ["/users/1", "/stream", "/users/22", "/nowhere", "/users/333", "/stream"];
    await client
      .send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""))
      .responses(paths.length);
    await vi.waitFor(() => expect(settled).toHaveLength(paths.length));
    expect(settled.map(({ request }) => request.url)).toEqual(paths);
    expect(settled.map(({ bytesOut }) => bytesOut).filter((_, index) => index !== 3)).toEqual([
      1, 21, 2, 3, 21,
    ]);
  });

  test("reports a client that left before the answer, with status 0", async () => {
    const { settled, client } = await start(setUp, { dispatch });
    client.send("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
    await nextTurn();
    client.destroy();
    await vi.waitFor(() => expect(settled).toHaveLength(1));
    expect(settled.map(factsOf)).toEqual([
      { route: "/hang", method: "GET", status: 0, bytesIn: 0, bytesOut: 0, aborted: true },
    ]);
  });

  test("logs what a listener throws or rejects with, and calls the other listeners", async () => {
    const { settled, lines, client } = await start(setUp, { dispatch }, (host) => {
      host.settled(() => {
        throw new Error("thrown by a listener");
      });
      host.settled(async () => Promise.reject(new Error("rejected by a listener")));
      host.settled((exchange) => settled.push(exchange));
    });
    await client.send("GET /users/1 HTTP/1.1\r\nHost: x\r\n\r\n").responses(1);
    await vi.waitFor(() => expect(settled).toHaveLength(2));
    expect(settled[0]).toBe(settled[1]);
    await nextTurn();
    expect(lines.map(({ message }) => message)).toEqual(Array(2).fill("a listener of settled() failed"));
  });

  test("calls a listener neither for an exchange that began before it was there, nor after its removal", async () => {
    const settled: string[] = [];
    const removals: (() => void)[] = [];
    const adder: Capability = {
      name: "adder",
      install(host) {
        host.gate(GateOrder.EARLY, ({ path }) => {
          if (path === "/add") removals.push(host.settled(({ request }) => settled.push(request.path)));
          if (path === "/remove") for (const remove of removals) remove();
        });
      },
    };
    const { server } = await startServer(setUp, { dispatch, capabilities: [adder] });
    const client = await RawClient.connect({ port: server.port });
    onTestFinished(() => client.destroy());
    for (const [index, path] of ["/add", "/between", "/remove", "/after"].entries())
      await client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).responses(index + 1);
    expect(settled).toEqual(["/between"]);
  });
});

test("an exchange with a listener of settled() stays direct, and gets no listener on its response", async () => {
  const states: unknown[] = [];
  const { settled, client } = await start(
    (server) => {
      server.handle({
        routePath: "/",
        handler: (request, response) => {
          const { socket } = request;
          response.sendJson({});
          states.push(response.state, response.eventNames(), socket.listenerCount("close"));
        },
      });
    },
    { dispatch: "direct" },
  );
  await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").responses(1);
  await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").responses(2);
  expect(settled).toHaveLength(2);
  expect(states.slice(0, 3)).toEqual(states.slice(3));
  expect(states.slice(0, 2)).toEqual([3, []]);
});
