import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commonHeaders, HeadBuilder, setLines } from "../../src/message/answer-head.ts";
import { prepareAnswer } from "../../src/message/prepared-answer.ts";
import { refuse } from "../../src/message/refusal.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import { field, RawClient } from "../_raw.ts";
import { startServing, type TestServer } from "../direct/_serving.ts";

describe("the head of a direct answer", () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 1, 0, 0, 0, 400) }));
  // Each test ends at the end of a second, so that its Date is not reused by the next one.
  afterEach(() => {
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
  });

  const lines = (head: string): string[] => head.split("\r\n");
  const connection = ["Connection: keep-alive", "Keep-Alive: timeout=5"];
  const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT";

  it("has status, type, date, connection and length", () => {
    expect(lines(new HeadBuilder(5_000).build(200, "text/plain", "", null, 7))).toEqual([
      "HTTP/1.1 200 OK",
      "Content-Type: text/plain",
      date,
      ...connection,
      "Content-Length: 7",
      "",
      "",
    ]);
  });

  it("has the headers as they were set, with a line for each member of a list", () => {
    const set = setLines({ "x-a": ["X-A", 1], "set-cookie": ["Set-Cookie", ["a=1", "b=2"]] });
    expect(lines(new HeadBuilder(5_000).build(201, "text/plain", set ?? "", {}, 7))).toEqual([
      "HTTP/1.1 201 Created",
      "X-A: 1",
      "Set-Cookie: a=1",
      "Set-Cookie: b=2",
      "Content-Type: text/plain",
      date,
      ...connection,
      "Content-Length: 7",
      "",
      "",
    ]);
  });

  it("is not built when Node must write one of the headers, or when a list would break it", () => {
    expect(setLines({ "x-a": ["X-A", "1"], connection: ["Connection", "close"] })).toBeNull();
    expect(() => setLines({ "x-a": ["X-A", ["1", "2\r\nX-B: 3"]] })).toThrow("Invalid character");
  });

  it("has no length where there is no content, and is complete", () => {
    expect(lines(new HeadBuilder(5_000).build(204, null, "", null, 7))).toEqual([
      "HTTP/1.1 204 No Content",
      date,
      ...connection,
      "",
      "",
    ]);
  });

  it.each([
    [0, undefined],
    [999, "Keep-Alive: timeout=0"],
    [72_000, "Keep-Alive: timeout=72"],
  ])("of a server with a keep-alive timeout of %i ms declares it", (timeout, expected) => {
    const head = lines(new HeadBuilder(timeout).build(200, null, "", null, 0));
    expect(head.find((line) => line.startsWith("Keep-Alive"))).toBe(expected);
  });

  it("has the date of the current second, also when it was built earlier", () => {
    const heads = new HeadBuilder(0);
    expect(heads.build(200, null, "", null, 0)).toContain("00:00:00 GMT");
    vi.advanceTimersByTime(599);
    expect(heads.build(200, null, "", null, 0)).toContain("00:00:00 GMT");
    vi.advanceTimersByTime(1);
    expect(heads.build(200, null, "", null, 0)).toContain("00:00:01 GMT");
  });

  it("has the same reason phrase as Node for an unknown status", () => {
    expect(lines(new HeadBuilder(0).build(799, null, "", null, 0))[0]).toBe("HTTP/1.1 799 unknown");
  });
});

describe("Content-Length of a direct answer", () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  it.each([
    ["GET", 200, "abc", "3", 3],
    ["GET", 200, "é€😀", "9", 9],
    ["GET", 200, "\ud800", "3", 3],
    ["GET", 200, "", "0", 0],
    ["GET", 204, "abc", undefined, 0],
    ["GET", 304, "abc", undefined, 0],
    ["GET", 205, "abc", "0", 0],
    ["HEAD", 200, "é€😀", "9", 0],
    ["HEAD", 404, "abc", "3", 0],
  ])("for %s with %i and %j is %s", async (method, status, text, length, size) => {
    server = await startServing({}, (_request, response) => {
      response.statusCode = status;
      response.sendTextPlain(text);
    });
    const client = await RawClient.connect({ port: server.port });
    const twice = `${method} / HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(2);
    const responses = await client.send(twice).responses(2, [method, method]);
    expect(responses.map((response) => field(response, "content-length"))).toEqual([length, length]);
    expect(responses.map(({ body }) => body.length)).toEqual([size, size]);
    client.destroy();
  });
});

describe.each(["direct", "standard"] as const)("a header of all answers, %s dispatch", (dispatch) => {
  const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const answers: Readonly<Record<string, (response: PacketronResponse) => unknown>> = {
    "/text": (response) => response.sendTextPlain("text"),
    "/headers": (response) => response.setHeader("X-Own", "1") && response.sendJson({}),
    "/none": (response) => response.sendStatusCode(204),
    "/prepared": prepareAnswer({ status: 200, headers: { ETag: '"1"' }, body: Buffer.from("file") }),
    "/prepared-headers": (response) => response.setHeader("X-Own", "1") && prepared(response),
    "/error": (response) => refuse(response, 404),
    "/end": (response) => response.end("node"),
    "/write-head": (response) => response.writeHead(200, { "X-Own": "1" }).end(),
  };
  const prepared = prepareAnswer({ status: 200, headers: { ETag: '"1"' }, body: Buffer.alloc(100_000) });

  beforeEach(() => void Reflect.set(commonHeaders, "x-common", ["X-Common", "every"]));
  afterEach(() => void Reflect.deleteProperty(commonHeaders, "x-common"));

  it("is one entry of a list", async () => {
    const server = await startServing({ dispatch }, (request, response) => {
      request.response = response;
      answers[request.url ?? ""]?.(response);
    });
    const client = await RawClient.connect({ port: server.port });
    const paths = Object.keys(answers);
    const responses = await client.send(`${paths.map(GET).join("")}NONSENSE\r\n\r\n`).untilClose();
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 204, 200, 200, 404, 200, 200, 400]);
    expect(responses.map((response) => field(response, "x-common"))).toEqual(responses.map(() => "every"));
    await server.stop();
  });

  it("gives way to one that is set", async () => {
    const server = await startServing({ dispatch }, (request, response) => {
      request.response = response;
      response.setHeader("x-COMMON", "own");
      answers[request.url ?? ""]?.(response);
    });
    const client = await RawClient.connect({ port: server.port });
    const paths = Object.keys(answers);
    const responses = await client.send(paths.map(GET).join("")).responses(paths.length);
    expect(responses.map((response) => field(response, "x-common"))).toEqual(paths.map(() => "own"));
    client.destroy();
    await server.stop();
  });
});
