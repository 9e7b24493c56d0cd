import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { ParityError, proveParity } from "../../harness/prove-parity.ts";
import type { Answer } from "../../measure/exchange.ts";
import { differences } from "../../measure/parity.ts";
import type { RunningServer } from "../../measure/server.ts";
import { getJson } from "../../scenarios/get-json.ts";
import type { ExpectedAnswer, ScenarioRequest } from "../../scenarios/scenario.ts";

const REQUEST: ScenarioRequest = { method: "GET", path: "/json" };
const EXPECTED: ExpectedAnswer = {
  status: 200,
  body: "{}",
  mediaType: "application/json",
  headers: { "x-one": "1" },
  present: ["etag"],
};
const HEADERS = {
  date: "Mon, 23 Nov 2026 18:00:00 GMT",
  "content-type": "application/json; charset=utf-8",
  "content-length": "2",
  "x-one": "1",
  etag: '"a"',
};

describe("differences()", () => {
  test("finds none in the expected answer", () => {
    expect(differences(makeAnswer({}), REQUEST, EXPECTED)).toEqual([]);
  });

  test.each<[what: string, part: Partial<Answer>, expected: RegExp]>([
    ["another status", { status: 201 }, /^status 201 instead of 200$/],
    ["another body of the same length", { body: Buffer.from("[]") }, /^body "\[\]" instead of "\{\}"$/],
    ["another media type", withHeader("content-type", "text/plain"), /^Content-Type text\/plain/],
    ["no media type", withHeader("content-type", undefined), /^Content-Type undefined/],
    ["another value of a header", withHeader("x-one", "2"), /^x-one: 2 instead of 1$/],
    ["no header that must be there", withHeader("etag", undefined), /^no etag$/],
    ["no Date", withHeader("date", undefined), /^Date undefined$/],
    ["an invalid Date", withHeader("date", "now"), /^Date now$/],
    ["no Content-Length", withHeader("content-length", undefined), /^Content-Length undefined/],
    ["a chunked body", withHeader("transfer-encoding", "chunked"), /^a Transfer-Encoding$/],
    ["a connection that ends", withHeader("connection", "close"), /^Connection: close$/],
  ])("finds %s", (_what, part, expected) => {
    const found = differences(makeAnswer(part), REQUEST, EXPECTED);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  test("accepts a 304 without a length, and requires the end of the connection where it is expected", () => {
    const { "content-length": _length, ...headers } = HEADERS;
    const answer = makeAnswer({ status: 304, body: Buffer.alloc(0), headers });
    expect(differences(answer, REQUEST, { status: 304, body: "" })).toEqual([]);
    expect(differences(answer, REQUEST, { status: 304, body: "", closes: true })).toEqual([
      "Connection: undefined",
    ]);
  });

  test("compares the body with one that depends on the request", () => {
    const expected = { status: 200, body: ({ path }: ScenarioRequest) => path };
    const headers = { ...HEADERS, "content-length": "5" };
    expect(differences(makeAnswer({ body: Buffer.from("/json"), headers }), REQUEST, expected)).toEqual([]);
  });
});

describe("proveParity()", () => {
  test("gives the first answer of each contestant when all answers are as expected", async () => {
    const servers = new Map([["one", await serve(answerAs('{"message":"Hello, World!"}'))]]);
    expect((await proveParity(getJson, servers)).get("one")?.status).toBe(200);
  });

  test("rejects when one contestant answers differently, and names it", async () => {
    const servers = new Map([
      ["alike", await serve(answerAs('{"message":"Hello, World!"}'))],
      ["shorter", await serve(answerAs("{}"))],
    ]);
    const proof = proveParity(getJson, servers);
    await expect(proof).rejects.toBeInstanceOf(ParityError);
    await expect(proof).rejects.toThrow(/is not measured\n {2}shorter, GET \/json: body "\{\}"/);
  });
});

function makeAnswer(part: Partial<Answer>): Answer {
  return { status: 200, headers: HEADERS, body: Buffer.from("{}"), headBytes: 0, ...part };
}

function withHeader(name: string, value: string | undefined): Partial<Answer> {
  return { headers: { ...HEADERS, [name]: value } };
}

function answerAs(body: string): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length }).end(body);
  };
}

async function serve(listener: RequestListener): Promise<RunningServer> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { pid: process.pid, port, stop: async () => {} };
}
