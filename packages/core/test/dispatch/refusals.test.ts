import http from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Capability, GateOrder } from "../../src/capability/contract.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import { isPacketronError, PacketronError } from "../../src/errors/errors.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import { prepareRefusal, refuse } from "../../src/message/refusal.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { problem } from "../_problem.ts";
import { field, RawClient, type RawResponse } from "../_raw.ts";
import { type LogLine, startServer } from "../_server.ts";

const { JSON_BODY, PLAIN_TEXT_BODY, REJECT_INVALID_BODY } = PacketronHandlerFlags;
const CAP = 20;

const bodies: Capability = {
  name: "bodies",
  install(host) {
    for (const [name, flag] of Object.entries({ JSON_BODY, PLAIN_TEXT_BODY })) {
      const mediaTypes = [flag === JSON_BODY ? "application/json" : "text/plain"];
      host.flag("handler", name, flag);
      host.bodyParser({ flag, name, mediaTypes, form: "text", parse: (text) => JSON.parse(text) });
    }
  },
};

/** Replaces the prototypes of request and response, as Express does when it is a plugin. */
const replacing: Capability = {
  name: "replacing",
  install(host) {
    host.gate(GateOrder.EARLY, (request, response) => {
      Object.setPrototypeOf(request, Object.create(http.IncomingMessage.prototype));
      Object.setPrototypeOf(response, Object.create(http.ServerResponse.prototype));
    });
  },
};

const refuseBusy = prepareRefusal({
  status: 503,
  headers: { "Retry-After": "7" },
  error: () => new PacketronError("PKT_TEST_BUSY", "busy", { status: 503 }),
});

function addRoutes(server: Packetron): void {
  const post = { method: PacketronRequestMethod.POST, maxRequestSizeInBytes: CAP };
  server.handle({ routePath: "get", handler: (_request, response) => response.sendOk() });
  server.handle({ routePath: "number", handler: (_request, response) => refuse(response, 403) });
  server.handle({ routePath: "busy", handler: (_request, response) => refuseBusy(response) });
  server.handle({ routePath: "status", handler: (_request, response) => response.sendStatusCode(404) });
  server.handle({
    routePath: "bug",
    handler: () => {
      throw new Error("secret");
    },
  });
  server.handle({
    ...post,
    routePath: "json",
    flags: JSON_BODY | REJECT_INVALID_BODY,
    handler: (_request, response) => response.sendOk(),
  });
  server.handle({
    ...post,
    routePath: "two",
    flags: JSON_BODY | PLAIN_TEXT_BODY,
    handler: async (request, response) => response.sendJson(await request.getBody()),
  });
  server.handle({ ...post, routePath: "stream", handler: (_request, response) => response.sendOk() });
}

function get(path: string, ...headers: readonly string[]): string {
  return ["GET", "HEAD", "POST", "TRACE"].includes(path.split(" ", 1)[0] ?? "")
    ? `${path} HTTP/1.1\r\nHost: x\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`
    : get(`GET ${path}`, ...headers);
}

function post(path: string, type: string, body: string, ...headers: readonly string[]): string {
  return get(`POST ${path}`, `Content-Type: ${type}`, `Content-Length: ${body.length}`, ...headers) + body;
}

const chunked = `${get("POST /two", "Content-Type: text/plain", "Transfer-Encoding: chunked")}1e\r\n${"x".repeat(30)}\r\n`;
const LARGE = "x".repeat(CAP + 1);

/** A request, and what refuses it. */
interface Refused {
  readonly bytes: string;
  readonly status: number;
  readonly code: string;
  readonly fields?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const allow = ["GET", "HEAD", "OPTIONS"];
const tooLarge = { status: 413, code: "PKT_BODY_TOO_LARGE", fields: { limit: CAP } };

const refused: Readonly<Record<string, Refused>> = {
  "a path without a route": { bytes: get("/nothing"), status: 404, code: "PKT_REQUEST_NOT_FOUND" },
  "a method without a route": {
    bytes: get("POST /get", "Content-Length: 0"),
    status: 405,
    code: "PKT_REQUEST_METHOD",
    fields: { allow },
    headers: { Allow: allow.join(", ") },
  },
  "a path with NUL": { bytes: get("/a%00"), status: 400, code: "PKT_REQUEST_MALFORMED" },
  "a fragment": { bytes: get("/a#b"), status: 400, code: "PKT_REQUEST_MALFORMED" },
  "an unknown method": { bytes: get("TRACE /get"), status: 501, code: "PKT_REQUEST_MALFORMED" },
  "an expectation": { bytes: get("/get", "Expect: magic"), status: 417, code: "PKT_REQUEST_MALFORMED" },
  "a declared length over the cap": { bytes: post("/two", "text/plain", LARGE), ...tooLarge },
  "a stream that declares too much": { bytes: post("/stream", "a/b", LARGE), ...tooLarge },
  "a chunk over the cap": { bytes: chunked, ...tooLarge },
  "a body of another type": { bytes: post("/two", "a/b", "{}"), status: 415, code: "PKT_BODY_TYPE" },
  "an unknown coding": {
    bytes: post("/two", "text/plain", "{}", "Content-Encoding: secret"),
    status: 415,
    code: "PKT_BODY_CODING",
  },
  "a body that is not valid": {
    bytes: post("/json", "application/json", "{"),
    status: 400,
    code: "PKT_BODY_INVALID",
  },
  "a broken chunk": {
    bytes: `${get("POST /two", "Content-Type: text/plain", "Transfer-Encoding: chunked")}zz\r\n`,
    status: 400,
    code: "PKT_REQUEST_MALFORMED",
  },
  "refuse() with a status": { bytes: get("/number"), status: 403, code: "PKT_REQUEST_REFUSED" },
  "a prepared refusal": {
    bytes: get("/busy"),
    status: 503,
    code: "PKT_TEST_BUSY",
    fields: { retryAfter: 7 },
    headers: { "Retry-After": "7" },
  },
  "a handler that throws": { bytes: get("/bug"), status: 500, code: "none" },
};

const rows = Object.entries(refused);
const modes = ["direct", "standard"] as const;

async function start(
  setUp: (server: Packetron) => void,
  options: ServerOptions,
): Promise<{ server: Packetron; lines: LogLine[] }> {
  return startServer(
    (server) => {
      addRoutes(server);
      setUp(server);
    },
    { capabilities: [bodies], lingerTimeout: 100, ...options },
  );
}

async function answerTo(server: Packetron, bytes: string): Promise<RawResponse> {
  const client = await RawClient.connect(server);
  onTestFinished(() => client.destroy());
  const [answer, ...more] = await client.send(bytes).responses(1, [bytes.slice(0, bytes.indexOf(" "))]);
  expect(more).toEqual([]);
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

/** Waits for what a request still does after its answer, and returns the warnings and errors of the log. */
async function complaints(lines: readonly LogLine[]): Promise<string[]> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  return lines.filter(({ level }) => level === "warn" || level === "error").map(({ message }) => message);
}

function codeOf(error: unknown): string {
  return isPacketronError(error) ? error.code : "none";
}

/** What a client sees of a refusal: status, type, body, and the headers that the table names. */
type Seen = readonly [status: number, type: string | undefined, body: string, headers: readonly unknown[]];

function seenOf({ status, headers = {} }: Refused, type: string | undefined, body: string): Seen {
  return [status, type, body, Object.values(headers)];
}

/** Sends every refused request to a server, and returns what the client sees of each. */
async function seeAll(server: Packetron): Promise<Record<string, Seen>> {
  const seen: Record<string, Seen> = {};
  for (const [name, { bytes, headers = {} }] of rows) {
    const answer = await answerTo(server, bytes);
    const values = Object.keys(headers).map((header) => field(answer, header));
    seen[name] = [answer.status, field(answer, "content-type"), String(answer.body), values];
  }
  return seen;
}

function expected(see: (row: Refused) => Seen): Record<string, Seen> {
  return Object.fromEntries(rows.map(([name, row]) => [name, see(row)]));
}

const DOCUMENT = "application/problem+json";
const documents = expected((row) => seenOf(row, DOCUMENT, problem(row.status, row.fields)));

describe.each(modes)("a refusal, dispatched %s", (dispatch) => {
  test("has a problem document", async () => {
    const { server } = await start(() => undefined, { dispatch });
    expect(await seeAll(server)).toEqual(documents);
  });

  test("has no body with errorBodies: none", async () => {
    const { server } = await start(() => undefined, { dispatch, errorBodies: "none" });
    expect(await seeAll(server)).toEqual(expected((row) => seenOf(row, undefined, "")));
  });

  test("is answered by onError, which gets its error once, and finds status and headers set", async () => {
    const asked: unknown[] = [];
    const { server, lines } = await start(
      (made) => {
        made.onError((error, request, response) => {
          const status = isPacketronError(error) ? error.status : 500;
          asked.push([codeOf(error), status, response.statusCode, request.response === response]);
          response.sendJson(codeOf(error));
        });
      },
      { dispatch },
    );
    const type = "application/json; charset=utf-8";
    expect(await seeAll(server)).toEqual(expected((row) => seenOf(row, type, JSON.stringify(row.code))));
    expect(await complaints(lines)).toEqual([
      "request body is not valid: getBody() returns null",
      "GET /bug failed",
    ]);
    expect(asked).toEqual(rows.map(([, { code, status }]) => [code, status, status, true]));
  });

  test("is answered by an onError that takes its time", async () => {
    let asked = 0;
    const { server } = await start(
      (made) => {
        made.onError(async (error, _request, response) => {
          asked++;
          for (let turn = 0; turn < 3; turn++) await nextTurn();
          response.sendTextPlain(codeOf(error));
        });
      },
      { dispatch },
    );
    const type = "text/plain; charset=utf-8";
    expect(await seeAll(server)).toEqual(expected((row) => seenOf(row, type, row.code)));
    expect(asked).toBe(rows.length);
  });

  test("has its document when onError fails, which is reported", async () => {
    const { server, lines } = await start(
      (made) => {
        made.onError(async (_error, _request, response) => {
          response.statusCode = 200;
          response.setHeader("Content-Type", "text/html");
          await nextTurn();
          throw new Error("a bug of the error handler");
        });
      },
      { dispatch },
    );
    expect(await seeAll(server)).toEqual(documents);
    const failures = (await complaints(lines)).filter((message) => message === "the error handler failed");
    expect(failures).toHaveLength(rows.length);
  });

  test("has its document when onError sends nothing", async () => {
    const { server } = await start((made) => void made.onError(() => undefined), { dispatch });
    expect(await seeAll(server)).toEqual(documents);
  });

  test.each([
    ["excludes JSON", "Accept: text/html", ""],
    ["prefers another type", "Accept: text/html, */*;q=0.1", problem(404)],
  ])("has a body unless Accept excludes JSON: it %s", async (_name, line, body) => {
    const { server } = await start(() => undefined, { dispatch });
    expect(String((await answerTo(server, get("/nothing", line))).body)).toBe(body);
  });

  test("of a HEAD has the headers of the GET and no body", async () => {
    const { server } = await start(() => undefined, { dispatch });
    const answer = await answerTo(server, get("HEAD /nothing"));
    expect([answer.status, String(answer.body)]).toEqual([404, ""]);
    expect(field(answer, "content-length")).toBe(String(problem(404).length));
    expect(field(answer, "content-type")).toBe("application/problem+json");
  });

  test("has its document after Express, as a plugin, has replaced the prototypes", async () => {
    const { server } = await start(() => undefined, { dispatch, capabilities: [bodies, replacing] });
    for (const path of ["/nothing", "/nothing"]) {
      const answer = await answerTo(server, get(path, "Accept: application/json"));
      expect([answer.status, String(answer.body)]).toEqual([404, problem(404)]);
    }
  });

  test.each(["throws", "rejects"])(
    "answers a handler that %s after Express has replaced the prototypes, and is reported",
    async (way) => {
      const reported: unknown[] = [];
      const asked: string[] = [];
      const { server } = await start(
        (made) => {
          made.on("error", (error) => reported.push(error));
          made.onError((error) => void asked.push(String(error)));
          const fail = (): never => {
            throw new Error("mine");
          };
          made.handle({ routePath: "express", handler: way === "throws" ? fail : async () => fail() });
        },
        { dispatch, capabilities: [bodies, replacing] },
      );
      const answer = await answerTo(server, get("/express", "Accept: application/json"));
      expect([answer.status, String(answer.body)]).toEqual([500, problem(500)]);
      expect(reported).toEqual([new Error("mine")]);
      expect(asked).toEqual(["Error: mine"]);
    },
  );

  test("is not what a handler sends with sendStatusCode()", async () => {
    let asked = 0;
    const { server } = await start((made) => void made.onError(() => asked++), { dispatch });
    const answer = await answerTo(server, get("/status"));
    expect([answer.status, String(answer.body), asked]).toEqual([404, "", 0]);
  });

  test("with 404 is answered by onNotFound before onError", async () => {
    const asked: string[] = [];
    const { server } = await start(
      (made) => {
        made.onNotFound((_request, response) => response.sendTextPlain("ours"));
        made.onError((error) => void asked.push(codeOf(error)));
      },
      { dispatch },
    );
    const answer = await answerTo(server, get("/nothing"));
    expect([answer.status, String(answer.body), asked]).toEqual([404, "ours", []]);
  });
});

test("a refusal in direct dispatch stays direct, also with an error handler", async () => {
  const states: number[] = [];
  const { server } = await start(
    (made) => {
      made.onError((_error, _request, response) => {
        states.push(response.state);
        response.sendJson({});
        states.push(response.state);
      });
    },
    { dispatch: "direct" },
  );
  for (const name of [
    "a path without a route",
    "a method without a route",
    "a path with NUL",
    "a prepared refusal",
  ])
    await answerTo(server, refused[name]?.bytes ?? "");
  expect(states).toEqual(Array(4).fill([ExchangeState.OPEN, ExchangeState.FLUSHED]).flat());
});
