import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { refuse } from "../../src/message/refusal.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import { exchange, field, RawClient } from "../_raw.ts";
import { answerAfterBody, answerOk, startServing, type TestServer } from "../connection/_serving.ts";

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const CHUNKED = "POST /broken HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Answers out of order: handlers of later requests finish sooner. */
const answerLater: HttpListenerParts["dispatch"] = async (request, response) => {
  await delay(30 - Number(request.url?.slice(1)));
  response.end(request.url);
};

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function start(
  dispatch: HttpListenerParts["dispatch"],
  options: Parameters<typeof startServing>[0] = {},
): Promise<TestServer> {
  server = await startServing({ lingerTimeout: 300, ...options }, dispatch);
  return server;
}

describe("pipelined requests", () => {
  it.each([
    ["a head that cannot be parsed", "GET /bad HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400],
    ["a head that Packetron refuses", "GET /bad HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400],
    ["an unknown method", "ABC / HTTP/1.1\r\nHost: x\r\n\r\n", 501],
    ["CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 501],
    ["a head that is too large", `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ])("before %s are answered in order, then the error, and nothing after it", async (_name, bad, status) => {
    const { port, dispatched } = await start(answerLater);
    const before = Array.from({ length: 25 }, (_, index) => `/${index}`);
    const later = before.map((path) => GET(`/after${path}`));
    const responses = await exchange({ port }, [...before.map(GET), bad, ...later].join(""));
    expect(
      responses.map((response) => (response.status === 200 ? String(response.body) : response.status)),
    ).toEqual([...before, status]);
    expect(responses.slice(0, -1).map((response) => field(response, "connection"))).toEqual(
      before.map(() => "keep-alive"),
    );
    expect(dispatched).toEqual(before.map((path) => `GET ${path}`));
  });

  it("after one with Connection: close are not answered", async () => {
    const { port, dispatched } = await start(answerOk);
    const responses = await exchange(
      { port },
      `GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n${GET("/2")}`,
    );
    expect(responses.map(({ body }) => String(body))).toEqual(["/1"]);
    expect(dispatched).toEqual(["GET /1"]);
  });

  it.each([
    ["Packetron refuses for its size", (response: PacketronResponse) => refuse(response, 413)],
    [
      "the handler closes with Connection: close",
      (response: PacketronResponse) => response.setHeader("Connection", "close").end(),
    ],
    [
      "the handler closes with close in a list of Connection options",
      (response: PacketronResponse) => response.setHeader("Connection", "Close, x").end(),
    ],
    [
      "the handler closes after its stream has ended",
      (response: PacketronResponse) => {
        response.writeHead(200, { Connection: "close" }).write("begun, ");
        setTimeout(() => response.end("ended"), 20);
      },
    ],
  ])(
    "after one that %s are not dispatched, also while its answer waits for a slow one",
    async (_name, answer) => {
      const { port, dispatched } = await start((request, response) =>
        request.url === "/slow" ? void setTimeout(() => response.end(), 20) : void answer(response),
      );
      const post = "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
      expect(await exchange({ port }, post + GET("/2") + GET("/3"))).toHaveLength(1);
      expect(dispatched).toEqual(["POST /1"]);
      expect(await exchange({ port }, GET("/slow") + post + GET("/2") + GET("/3"))).toHaveLength(2);
      expect(dispatched).toEqual(["POST /1", "GET /slow", "POST /1"]);
    },
  );

  it("with unread bodies are each answered once", async () => {
    const { port } = await start(answerOk);
    const client = await RawClient.connect({ port });
    const methods = ["GET", "HEAD", "DELETE", "OPTIONS", "POST"];
    client.send(
      methods
        .map((method) => `${method} /${method} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`)
        .join(""),
    );
    const responses = await client.responses(methods.length, methods);
    expect(responses.map(({ body }) => String(body))).toEqual(["/GET", "", "/DELETE", "/OPTIONS", "/POST"]);
    client.destroy();
  });
});

describe("a malformed body", () => {
  it("ends its unanswered request with one 400, after the earlier answers", async () => {
    const { port } = await start((request, response) =>
      request.url === "/1"
        ? void setTimeout(() => response.end("slow"), 20)
        : answerAfterBody(request, response),
    );
    const responses = await exchange(
      { port },
      `${GET("/1")}${CHUNKED}+5\r\nhello\r\n0\r\n\r\n${GET("/after")}`,
    );
    expect(responses.map(({ status }) => status)).toEqual([200, 400]);
  });

  it("gets no second answer when the first is sent", async () => {
    const { port } = await start(answerOk);
    const client = await RawClient.connect({ port });
    await client.send(CHUNKED).responses(1);
    const responses = await client.send("xyz\r\n").untilClose();
    expect(responses.map(({ status }) => status)).toEqual([200]);
  });

  it("gets no second answer when the first waits for a slow one", async () => {
    const { port } = await start((request, response) =>
      request.url === "/1" ? void setTimeout(() => response.end("slow"), 20) : answerOk(request, response),
    );
    const responses = await exchange({ port }, `${GET("/1")}${CHUNKED}xyz\r\n`);
    expect(responses.map(({ body }) => String(body))).toEqual(["slow", "/broken"]);
  });

  it("cuts an answer that has begun", async () => {
    const { port } = await start((_request, response) => response.write("part"));
    const client = await RawClient.connect({ port });
    client.send(CHUNKED);
    await client.until(({ received }) => received.includes("part"));
    await client.send("xyz\r\n").until(() => false);
    expect(String(client.received)).not.toContain("0\r\n\r\n");
    expect(String(client.received)).not.toContain("400");
  });

  it("rejects a pending read of the body", async () => {
    let closed: () => void = () => {};
    const requestClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { port } = await start((request) => request.resume().once("close", closed));
    const [response] = await exchange({ port }, `${CHUNKED}xyz\r\n`);
    expect(response?.status).toBe(400);
    await requestClosed;
  });
});

describe("headers", () => {
  it("named like properties of Object are ordinary headers", async () => {
    const { port } = await start((request, response) =>
      response.end(JSON.stringify(request.headersDistinct)),
    );
    const names = ["__proto__", "constructor", "toString", "__proto__", "constructor"];
    const head = names.map((name) => `${name}: 1\r\n`).join("");
    const [response] = await exchange(
      { port },
      `GET / HTTP/1.1\r\nHost: x\r\n${head}Connection: close\r\n\r\n`,
    );
    expect(response?.status).toBe(200);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each(["Host: evil", "Authorization: evil", "Content-Length: 5", "Transfer-Encoding: gzip"])(
    "in trailers (%s) are never merged into the head",
    async (trailer) => {
      let seen: unknown;
      const { port } = await start((request, response) =>
        request.resume().on("end", () => {
          seen = request.headers;
          response.end();
        }),
      );
      const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
      const responses = await exchange({ port }, `${head}5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`);
      expect(responses).toHaveLength(1);
      const merged = { host: "x", "transfer-encoding": "chunked", connection: "close" };
      expect([merged, undefined]).toContainEqual(seen); // undefined: the parser has refused it
    },
  );

  it("that ask for an upgrade are ignored when the server offers none", async () => {
    const { port } = await start(answerOk);
    const client = await RawClient.connect({ port });
    const upgrade = "GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    await client.send(upgrade).responses(1);
    const responses = await client.send(GET("/2")).responses(2);
    expect(responses.map(({ body }) => String(body))).toEqual(["/1", "/2"]);
    client.destroy();
  });

  it("of HTTP/1.0 are answered and the connection closed, without Host too", async () => {
    const { port } = await start(answerOk);
    const [response] = await exchange({ port }, "GET /old HTTP/1.0\r\n\r\n");
    expect(String(response?.body)).toBe("/old");
  });
});

describe("Expect: 100-continue", () => {
  const head = (version: string): string =>
    `POST / HTTP/${version}\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`;

  it("is visible to the handler, and a final answer without 100 closes the connection", async () => {
    const { port } = await start((request, response) => response.end(String(request.expectsContinue)));
    const responses = await exchange({ port }, head("1.1"));
    expect(responses.map(({ status, body }) => [status, String(body)])).toEqual([[200, "true"]]);
    expect(responses[0] && field(responses[0], "connection")).toBe("close");
  });

  it("gets no interim answer on 1.0", async () => {
    const { port } = await start(answerAfterBody);
    const responses = await exchange({ port }, `${head("1.0")}hello`);
    expect(responses.map(({ status }) => status)).toEqual([200]);
  });
});
