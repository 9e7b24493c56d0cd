import { finished, PassThrough } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import { ask } from "../_raw.ts";
import { startServing, type TestServer } from "../direct/_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

/** The states of an exchange: at its beginning, and after the test's action. */
async function statesOf(
  act: (request: PacketronRequest, response: PacketronResponse) => void,
  text = GET,
): Promise<{ readonly states: number[]; readonly status: number }> {
  const states: number[] = [];
  const dispatch: HttpListenerParts["dispatch"] = (request, response) => {
    states.push(response.state);
    act(request, response);
    states.push(response.state);
    if (!response.writableEnded) response.end();
  };
  server = await startServing({}, dispatch);
  const { status } = await ask({ port: server.port }, text);
  return { states, status };
}

describe("an exchange that began directly", () => {
  it.each<[string, (response: PacketronResponse) => unknown]>([
    ["write()", (response) => response.write("a")],
    ["end()", (response) => response.end()],
    ["writeHead()", (response) => response.writeHead(200)],
    ["flushHeaders()", (response) => response.flushHeaders()],
    ["cork()", (response) => response.cork()],
    ["addTrailers()", (response) => response.addTrailers({})],
    ["writeContinue()", (response) => response.writeContinue()],
    ["writeProcessing()", (response) => response.writeProcessing()],
    ["writeEarlyHints()", (response) => response.writeEarlyHints({ link: "</a.css>; rel=preload" })],
    ["setTimeout()", (response) => response.setTimeout(0)],
    ["on()", (response) => response.on("finish", () => {})],
    ["once()", (response) => response.once("close", () => {})],
    ["prependListener()", (response) => response.prependListener("finish", () => {})],
    ["finished()", (response) => finished(response, () => {})],
    ["a stream that is piped into it", (response) => new PassThrough().pipe(response).end()],
  ])("is Node's after %s of the response", async (_name, act) => {
    const { states } = await statesOf((_request, response) => void act(response));
    expect(states).toEqual([ExchangeState.OPEN, ExchangeState.NODE]);
  });

  it.each<[string, (response: PacketronResponse) => unknown]>([
    ["an own emit()", (response) => Object.assign(response, { emit: response.emit })],
    ["a wrapped end()", (response) => wrap(response, "end")],
    ["a wrapped write()", (response) => wrap(response, "write")],
    ["a wrapped writeHead()", (response) => wrap(response, "writeHead")],
    ["a wrapped setHeader()", (response) => wrap(response, "setHeader")],
    ["Connection", (response) => response.setHeader("Connection", "keep-alive")],
    ["no Connection", (response) => response.removeHeader("Connection")],
    ["Keep-Alive", (response) => response.setHeader("Keep-Alive", "timeout=1")],
    ["Transfer-Encoding", (response) => response.setHeader("Transfer-Encoding", "chunked")],
    ["Content-Length", (response) => response.setHeader("Content-Length", 2)],
    ["Date", (response) => response.setHeader("Date", "today")],
    ["Upgrade", (response) => response.setHeader("Upgrade", "h2c")],
    ["Content-Disposition", (response) => response.setHeader("Content-Disposition", "inline")],
    ["a list of Cookie, which Node joins", (response) => response.setHeader("Cookie", ["a", "b"])],
    ["no date", (response) => Object.assign(response, { sendDate: false })],
    ["no keep-alive", (response) => Object.assign(response, { shouldKeepAlive: false })],
    ["a reason phrase", (response) => Object.assign(response, { statusMessage: "Fine" })],
  ])("is Node's when it is answered with %s", async (_name, act) => {
    const { states, status } = await statesOf((_request, response) => {
      act(response);
      response.sendTextPlain("ok");
    });
    expect(states).toEqual([ExchangeState.OPEN, ExchangeState.NODE]);
    expect(status).toBe(200);
  });

  it.each<[string, (request: PacketronRequest) => unknown]>([
    ["on()", (request) => request.on("data", () => {})],
    ["once()", (request) => request.once("close", () => {})],
    ["pipe()", (request) => request.pipe(new PassThrough())],
    ["resume()", (request) => request.resume()],
    ["read()", (request) => request.read()],
    ["setTimeout()", (request) => request.setTimeout(0)],
    ["iteration", (request) => void request[Symbol.asyncIterator]().next()],
  ])("is Node's after %s of the request", async (_name, act) => {
    const { states } = await statesOf((request) => void act(request));
    expect(states).toEqual([ExchangeState.OPEN, ExchangeState.NODE]);
  });

  it("is Node's when it is answered before the body has arrived", async () => {
    const { states } = await statesOf(
      (_request, response) => response.sendTextPlain("early"),
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n",
    );
    expect(states).toEqual([ExchangeState.OPEN, ExchangeState.NODE]);
  });

  it.each<[string, (response: PacketronResponse) => unknown]>([
    ["a status", (response) => Object.assign(response, { statusCode: 404 })],
    ["204", (response) => Object.assign(response, { statusCode: 204 })],
    ["headers", (response) => response.setHeader("X-A", "1").appendHeader("X-A", "2")],
    ["cookies", (response) => response.setCookie("a", "1")],
    ["a call of getHeaders()", (response) => response.getHeaders()],
  ])("stays direct with %s", async (_name, act) => {
    const { states } = await statesOf((_request, response) => {
      act(response);
      response.sendTextPlain("ok");
    });
    expect(states).toEqual([ExchangeState.OPEN, ExchangeState.FLUSHED]);
  });

  it("is Node's once a second request arrives before its answer", async () => {
    const waiting: PacketronResponse[] = [];
    server = await startServing({}, (_request, response) => {
      waiting.push(response);
      if (waiting.length < 2) return;
      expect(waiting.map(({ state }) => state)).toEqual([ExchangeState.NODE, ExchangeState.NODE]);
      for (const each of waiting) each.sendTextPlain("ok");
    });
    expect((await ask({ port: server.port }, GET + GET)).status).toBe(200);
  });
});

describe("an exchange that is not plain", () => {
  it.each([
    ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
    ["an Upgrade", "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"],
    ["Expect", "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"],
  ])("is Node's from the beginning: %s", async (_name, text) => {
    const { states } = await statesOf((_request, response) => response.sendTextPlain("ok"), text);
    expect(states).toEqual([ExchangeState.NODE, ExchangeState.NODE]);
  });

  it("dispatch: standard never begins one directly", async () => {
    const states: number[] = [];
    server = await startServing({ dispatch: "standard" }, (request, response) => {
      states.push(response.state);
      request.response = response;
      response.sendTextPlain("ok");
    });
    await ask({ port: server.port }, GET);
    expect(states).toEqual([ExchangeState.NODE]);
  });
});

function wrap(response: PacketronResponse, name: "end" | "write" | "writeHead" | "setHeader"): void {
  const original: unknown = Reflect.get(response, name);
  Object.defineProperty(response, name, {
    value(this: PacketronResponse, ...parameters: unknown[]) {
      return typeof original === "function" ? Reflect.apply(original, this, parameters) : undefined;
    },
  });
}
