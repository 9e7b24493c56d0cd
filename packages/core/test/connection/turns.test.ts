/** What happens to a request between its arrival and its turn, with both ways of dispatch. */
import { ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { bodyText } from "../../../body-text/src/index.ts";
import type { Capability } from "../../src/capability/contract.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import type { SettledExchange } from "../../src/message/settlement.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { RawClient } from "../_raw.ts";
import { startServer } from "../_server.ts";
import { HeldRequests, handleAtOnce } from "../_turns.ts";
import { startServing, type TestServer } from "./_serving.ts";

handleAtOnce();

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const CHUNKED = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

describe.each(["direct", "standard"] as const)("with %s dispatch, a deferred request", (dispatch) => {
  const answer: HttpListenerParts["dispatch"] = (request, response) =>
    response.sendTextPlain(request.url ?? "");

  async function open(
    handle = answer,
    options: { keepAliveTimeout?: number } = {},
  ): Promise<{ held: HeldRequests; server: TestServer; client: RawClient }> {
    const server = await startServing({ dispatch, ...options }, handle);
    onTestFinished(() => server.stop());
    return { held: new HeldRequests(), server, client: await RawClient.connect(server) };
  }

  async function openApp(setUp: (server: Packetron) => void): Promise<[HeldRequests, RawClient]> {
    const { server } = await startServer(setUp, { dispatch, capabilities: [bodyText()] });
    return [new HeldRequests(), await RawClient.connect({ port: server.port })];
  }

  test("is in flight, and is answered in its turn", async () => {
    const { held, server, client } = await open();
    client.send(GET);
    await held.arrived(1);
    expect(server.serving.load).toMatchObject({ inFlight: 1, requests: 0 });
    expect(server.dispatched).toEqual([]);
    held.release();
    expect((await client.responses(1))[0]?.status).toBe(200);
    expect(server.serving.load).toMatchObject({ inFlight: 0, requests: 1, wait: 0 });
  });

  test("is dropped when its client leaves before", async () => {
    const { held, server, client } = await open();
    client.send(GET);
    await held.arrived(1);
    client.destroy();
    await vi.waitUntil(() => server.serving.connections === 0);
    held.release();
    const other = await RawClient.connect(server);
    await other.send(GET.replace("/", "/other")).responses(1);
    expect(server.dispatched).toEqual(["GET /other"]);
    expect(server.serving.load).toMatchObject({ inFlight: 0, requests: 1 });
  });

  test("is reported to settled() when it is dropped", async () => {
    const exchanges: SettledExchange[] = [];
    const meter: Capability = {
      name: "meter",
      install: (host) => host.settled((exchange) => void exchanges.push(exchange)),
    };
    const { server } = await startServer(() => {}, { dispatch, capabilities: [meter] });
    const held = new HeldRequests();
    const client = await RawClient.connect({ port: server.port });
    client.send(GET);
    await held.arrived(1);
    client.destroy();
    await vi.waitUntil(() => exchanges.length > 0);
    held.release();
    await new Promise(setImmediate);
    expect(exchanges).toMatchObject([{ method: "GET", status: 0, aborted: true }]);
  });

  test("keeps its place in a pipeline", async () => {
    const { held, server, client } = await open((request, response) => {
      if (request.url === "/1") setTimeout(() => answer(request, response), 20);
      else answer(request, response);
    });
    client.send([1, 2, 3].map((name) => GET.replace("/", `/${name}`)).join(""));
    await held.arrived(3);
    held.release();
    const responses = await client.responses(3);
    expect(responses.map(({ body }) => body.toString())).toEqual(["/1", "/2", "/3"]);
    expect(server.dispatched).toEqual(["GET /1", "GET /2", "GET /3"]);
    expect((await client.send(GET).responses(4)).length).toBe(4);
  });

  test("of which several wait on a connection is reported as open, and dropped when the connection is cut", async () => {
    const { held, server, client } = await open();
    client.send([1, 2, 3].map((name) => GET.replace("/", `/${name}`)).join(""));
    await held.arrived(3);
    const requests = server.serving.openRequests();
    expect(requests.map(({ url }) => url)).toEqual(["/1", "/2", "/3"]);
    expect(server.serving.load.inFlight).toBe(3);
    server.serving.destroy();
    held.release();
    expect(await client.untilClose()).toEqual([]);
    await vi.waitUntil(() => server.serving.connections === 0);
    expect(server.dispatched).toEqual([]);
    expect(server.serving.load).toMatchObject({ inFlight: 0, requests: 0 });
    expect(requests.every(({ signal }) => signal.aborted)).toBe(true);
  });

  test("is answered before a later one that closes the connection, which alone says so", async () => {
    const { held, client } = await open();
    client.send(`${GET}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await held.arrived(2);
    held.release();
    const responses = await client.untilClose();
    expect(responses.map(({ headers }) => headers.get("connection"))).toEqual([["keep-alive"], ["close"]]);
  });

  test.each([
    ["that Node answers", "GET /2 HTTP/1.0\r\nHost: x\r\n\r\n"],
    ["that is refused", "GET /2 HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
  ])("is answered before a later one %s", async (_name, second) => {
    const { held, client } = await open();
    client.send(GET.replace("/", "/1") + second);
    await held.arrived(1);
    held.release();
    const [first] = await client.untilClose();
    expect(first?.body.toString()).toBe("/1");
  });

  test("of several that wait is answered while the server drains", async () => {
    const { held, server, client } = await open();
    client.send([1, 2].map((name) => GET.replace("/", `/${name}`)).join(""));
    await held.arrived(2);
    const end = server.serving.drain(0);
    held.release();
    const responses = await client.untilClose();
    expect(responses.map(({ body }) => body.toString())).toEqual(["/1", "/2"]);
    await end;
    expect(server.serving.load).toMatchObject({ inFlight: 0, requests: 2 });
  });

  test("is one of few that wait for a client that sends a pipeline without end", async () => {
    const { held, server, client } = await open();
    const count = 8_000;
    client.send(GET.repeat(count));
    await held.arrived(2);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(server.serving.load.inFlight).toBeLessThan(count / 2);
    held.release();
    await client.until(({ received }) => received.includes("HTTP/1.1 200 "));
    await vi.waitUntil(() => server.serving.load.requests === count, { timeout: 10_000 });
  });

  test("is answered before bytes that follow it are refused", async () => {
    const { held, client } = await open();
    client.send(`${GET}nonsense\r\n\r\n`);
    await held.arrived(1);
    held.release();
    expect((await client.untilClose()).map(({ status }) => status)).toEqual([200, 400]);
  });

  test("is answered with Connection: close when the server drains before, and the drain waits for it", async () => {
    const { held, server, client } = await open();
    client.send(GET);
    await held.arrived(1);
    const drained = vi.fn();
    const end = server.serving.drain(0).then(drained);
    await new Promise(setImmediate);
    expect(drained).not.toHaveBeenCalled();
    held.release();
    const [response] = await client.untilClose();
    expect([response?.status, response?.headers.get("connection")]).toEqual([200, ["close"]]);
    await end;
  });

  test("is dropped when the server cuts its connections before", async () => {
    const { held, server, client } = await open();
    client.send(GET);
    await held.arrived(1);
    server.serving.destroy();
    held.release();
    expect(await client.untilClose()).toEqual([]);
    expect(server.dispatched).toEqual([]);
  });

  test("with Connection: close is answered, and the connection is closed", async () => {
    const { held, client } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await held.arrived(1);
    held.release();
    expect((await client.untilClose()).map(({ status }) => status)).toEqual([200]);
  });

  test("after an answer of Node is not cut by the timer of idle connections", async () => {
    const timeout = 200;
    const byNode: typeof answer = (_request, response) => void response.end("by Node");
    const { held, server, client } = await open(byNode, { keepAliveTimeout: timeout });
    Reflect.set(server.serving.server, "keepAliveTimeoutBuffer", 0); // since Node 24.6
    client.send(GET);
    await held.arrived(1);
    held.release();
    await client.responses(1);
    held.hold();
    client.send(GET);
    await held.arrived(1);
    await new Promise((resolve) => setTimeout(resolve, 2 * timeout));
    held.release();
    expect((await client.responses(2)).length).toBe(2);
  });

  test("is answered by a framework that replaces the methods of the response", async () => {
    const { held, client } = await open((_request, response) => {
      Object.setPrototypeOf(response, ServerResponse.prototype);
      setImmediate(() => response.end("replaced"));
    });
    client.send(GET);
    await held.arrived(1);
    held.release();
    expect((await client.responses(1))[0]?.body.toString()).toBe("replaced");
  });

  test("gets 100 Continue when its body is read", async () => {
    const { held, client } = await open((request, response) => {
      request.resume();
      request.on("end", () => answer(request, response));
    });
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    await held.arrived(1);
    expect(client.received.length).toBe(0);
    client.send("hello");
    held.release();
    const responses = await client.responses(1);
    expect(responses.at(-1)?.status).toBe(200);
  });

  test("has the body that has arrived meanwhile", async () => {
    const [held, client] = await openApp((server) =>
      server.handle({
        method: PacketronRequestMethod.POST,
        routePath: "/",
        flags: PacketronHandlerFlags.PLAIN_TEXT_BODY,
        handler: async (request, response) => response.send({ body: await request.getBody() }),
      }),
    );
    client.send(CHUNKED + CHUNKED);
    await held.arrived(2);
    held.release();
    const responses = await client.responses(2);
    expect(responses.map(({ body }) => body.toString())).toEqual(['{"body":"hello"}', '{"body":"hello"}']);
  });

  test.each([
    ["a stream", 0],
    ["a body", PacketronHandlerFlags.PLAIN_TEXT_BODY],
  ])("is refused when %s of it has exceeded its limit meanwhile", async (_name, flags) => {
    const handler = vi.fn();
    const [held, client] = await openApp((server) =>
      server.handle({
        method: PacketronRequestMethod.POST,
        routePath: "/",
        flags,
        maxRequestSizeInBytes: 4,
        handler,
      }),
    );
    client.send(CHUNKED);
    await held.arrived(1);
    held.release();
    expect((await client.responses(1))[0]?.status).toBe(413);
    expect(handler).not.toHaveBeenCalled();
  });
});

describe("deferred requests of a pipeline", () => {
  async function open(count: number, body: string): Promise<[client: RawClient, states: number[]]> {
    const states: number[] = [];
    const server = await startServing({ dispatch: "direct" }, (_request, response) => {
      states.push(response.state);
      response.send(body);
    });
    onTestFinished(() => server.stop());
    const held = new HeldRequests();
    const client = await RawClient.connect(server);
    client.socket.pause();
    client.send(GET.repeat(count));
    await held.arrived(count);
    held.release();
    await vi.waitUntil(() => states.length === count);
    return [client, states];
  }

  test("are answered directly", async () => {
    const [client, states] = await open(3, "answer");
    client.socket.resume();
    expect((await client.responses(3)).length).toBe(3);
    expect(states).toEqual([ExchangeState.OPEN, ExchangeState.OPEN, ExchangeState.OPEN]);
  });

  test("are written together, after the first", async () => {
    const states: number[][] = [];
    const responses: PacketronResponse[] = [];
    const server = await startServing({ dispatch: "direct" }, (_request, response) => {
      states.push(responses.map(({ state }) => state));
      responses.push(response);
      response.send("answer");
    });
    onTestFinished(() => server.stop());
    const held = new HeldRequests();
    const client = await RawClient.connect(server);
    client.send(GET.repeat(4));
    await held.arrived(4);
    held.release();
    expect((await client.responses(4)).length).toBe(4);
    const { SENT, FLUSHED } = ExchangeState;
    expect(states).toEqual([[], [FLUSHED], [FLUSHED, SENT], [FLUSHED, SENT, SENT]]);
  });

  test("are answered by Node once their client reads nothing, so that it is not read either", async () => {
    const [client, states] = await open(6, "x".repeat(8 * 1024 * 1024));
    expect([states.at(0), states.at(-1)]).toEqual([ExchangeState.OPEN, ExchangeState.NODE]);
    client.destroy();
  });
});
