/** The answer to a request with `Connection: close`: it is direct, and the connection is closed after it. */
import { afterEach, describe, expect, it } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import { exchange, field, RawClient } from "../_raw.ts";
import { startServing, type TestServer } from "./_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LAST = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const LAST_POST = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";

let server: TestServer | undefined;
afterEach(() => server?.stop());

/** Starts a server, and returns its port and the states of the responses after the handler's action. */
async function start(
  act: (response: PacketronResponse) => void,
  options: Parameters<typeof startServing>[0] = {},
): Promise<{ readonly port: number; readonly states: number[] }> {
  const states: number[] = [];
  const dispatch: HttpListenerParts["dispatch"] = (_request, response) => {
    act(response);
    states.push(response.state);
  };
  server = await startServing(options, dispatch);
  return { port: server.port, states };
}

describe("the answer to a request with Connection: close", () => {
  it.each<[string, (response: PacketronResponse) => void, string]>([
    ["text", (response) => response.sendTextPlain("ok"), LAST],
    ["bytes", (response) => response.send(Buffer.from("ok")), LAST],
    ["a header", (response) => response.setHeader("X-A", "b").send("ok"), LAST],
    ["no content", (response) => response.sendStatusCode(204), LAST],
    ["a head alone", (response) => response.sendTextPlain("ok"), LAST.replace("GET", "HEAD")],
  ])("is direct with %s, says so, and closes the connection", async (_name, act, text) => {
    const { port, states } = await start(act);
    const [response, ...others] = await exchange({ port }, text, [text.slice(0, text.indexOf(" "))]);
    expect(states).toEqual([ExchangeState.FLUSHED]);
    expect(others).toEqual([]);
    expect(response && field(response, "connection")).toBe("close");
    expect(response && field(response, "keep-alive")).toBeUndefined();
  });

  it("is direct when the handler answers later", async () => {
    const { port, states } = await start((response) => setImmediate(() => response.sendOk()));
    expect(await exchange({ port }, LAST)).toHaveLength(1);
    expect(states).toEqual([ExchangeState.OPEN]);
  });

  it("follows the answers to the requests before it, which keep the connection", async () => {
    const { port } = await start((response) => response.sendOk());
    const responses = await exchange({ port }, GET + GET + LAST);
    expect(responses.map((response) => field(response, "connection"))).toEqual([
      "keep-alive",
      "keep-alive",
      "close",
    ]);
  });

  it("arrives although the client goes on sending", async () => {
    const { port } = await start((response) => response.sendTextPlain("ok"), { lingerTimeout: 300 });
    const client = await RawClient.connect({ port });
    client.send(LAST + GET);
    for (let count = 0; count < 5; count++) client.send(GET);
    const responses = await client.untilClose();
    expect(responses.map(({ body }) => String(body))).toEqual(["ok"]);
    expect(client.error).toBeNull();
    client.destroy();
  });

  it("arrives as a whole when the system does not take it at once", async () => {
    const body = Buffer.alloc(16 * 1024 * 1024, "a");
    const { port } = await start((response) => response.send(body));
    const client = await RawClient.connect({ port });
    client.socket.pause();
    client.send(LAST);
    setImmediate(() => client.socket.resume());
    const [response] = await client.untilClose();
    expect(response?.body.length).toBe(body.length);
    client.destroy();
  });

  it("is Node's, and closes the connection, while the body is still arriving", async () => {
    const { port, states } = await start((response) => response.sendTextPlain("ok"));
    const [response] = await exchange({ port }, LAST_POST);
    expect(states).toEqual([ExchangeState.NODE]);
    expect(response && field(response, "connection")).toBe("close");
  });

  it("is Node's, and keeps the connection, when the handler wants that", async () => {
    const { port, states } = await start((response) => {
      Object.assign(response, { shouldKeepAlive: true }).sendTextPlain("ok");
    });
    const client = await RawClient.connect({ port });
    const [response] = await client.send(LAST).responses(1);
    expect(states).toEqual([ExchangeState.NODE]);
    expect(response && field(response, "connection")).toBe("keep-alive");
    client.destroy();
  });
});
