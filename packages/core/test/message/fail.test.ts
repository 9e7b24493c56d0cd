import { afterEach, describe, expect, it } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { coreError, PacketronError } from "../../src/errors/errors.ts";
import { failRequest, refuseSocket, sendError } from "../../src/message/fail.ts";
import { ask, exchange, field, RawClient } from "../_raw.ts";
import { startServing, type TestServer } from "../connection/_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function start(dispatch: HttpListenerParts["dispatch"]): Promise<TestServer> {
  server = await startServing({ lingerTimeout: 100 }, dispatch);
  return server;
}

describe("sendError", () => {
  it("answers with the status, an empty body and the headers given", async () => {
    const target = await start((_request, response) => sendError(response, 405, { Allow: "GET, POST" }));
    const response = await ask(target, GET);
    expect([response.status, response.reason, String(response.body)]).toEqual([
      405,
      "Method Not Allowed",
      "",
    ]);
    expect([field(response, "allow"), field(response, "content-length")]).toEqual(["GET, POST", "0"]);
    expect(field(response, "connection")).toBe("keep-alive");
  });

  it("drops the headers of the handler's own answer, and keeps the others", async () => {
    const target = await start((_request, response) => {
      response.statusMessage = "Fine";
      const own = {
        "Content-Type": "text/html",
        "Content-Encoding": "gzip",
        ETag: '"1"',
        "Cache-Control": "max-age=60",
      };
      for (const [name, value] of Object.entries(own)) response.setHeader(name, value);
      response.setHeader("Content-Length", "500");
      response.setHeader("Transfer-Encoding", "chunked");
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.setHeader("X-Request-Id", "7");
      sendError(response, 500);
    });
    const response = await ask(target, GET);
    expect([response.status, response.reason]).toEqual([500, "Internal Server Error"]);
    expect([...response.headers.keys()].sort()).toEqual(
      ["connection", "content-length", "date", "keep-alive", "set-cookie", "x-request-id"].sort(),
    );
    expect(response.headers.get("set-cookie")).toEqual(["a=1", "b=2"]);
  });

  it("explains itself as JSON when it is given an explanation", async () => {
    const explanation = { limit: "maxFileSize", field: "größe" };
    const target = await start((_request, response) => {
      response.setHeader("Content-Type", "text/html");
      sendError(response, 413, {}, explanation);
    });
    const response = await ask(target, GET);
    expect([response.status, JSON.parse(String(response.body))]).toEqual([413, explanation]);
    expect(field(response, "content-type")).toBe("application/json; charset=utf-8");
  });

  it("has a length after the handler removed it", async () => {
    const target = await start((_request, response) => {
      response.removeHeader("Content-Length");
      response.removeHeader("Date");
      sendError(response, 404);
    });
    const response = await ask(target, GET);
    expect([field(response, "content-length"), field(response, "date")]).toEqual(["0", expect.any(String)]);
  });

  it("sends no body to HEAD", async () => {
    const target = await start((_request, response) => sendError(response, 404));
    const client = await RawClient.connect(target);
    const responses = await client
      .send(`HEAD / HTTP/1.1\r\nHost: x\r\n\r\n${GET}`)
      .responses(2, ["HEAD", "GET"]);
    expect(responses.map(({ status }) => status)).toEqual([404, 404]);
    client.destroy();
  });

  it("does nothing once an answer has begun", async () => {
    const target = await start((_request, response) => {
      response.write("first");
      sendError(response, 500);
      response.end();
      sendError(response, 500);
    });
    const response = await ask(target, GET);
    expect([response.status, String(response.body)]).toEqual([200, "first"]);
  });
});

describe("refuseSocket", () => {
  it("answers with a short body and closes", async () => {
    const target = await start((request) => refuseSocket(request.socket, 501));
    const [response, ...more] = await exchange(target, GET);
    expect(more).toEqual([]);
    expect([response?.status, String(response?.body)]).toEqual([501, "Not Implemented\n"]);
  });
});

const frozen = Object.freeze(new PacketronError("PKT_BODY_INVALID", "secret", { status: 400 }));
const throwing = new Error("secret");
Object.defineProperty(throwing, "code", {
  get() {
    throw new Error("secret");
  },
});

const failures: readonly [name: string, error: unknown, status: number][] = [
  ["null", null, 500],
  ["undefined", undefined, 500],
  ["a string", "secret", 500],
  ["an error", new Error("secret"), 500],
  ["an error with a status of its own", Object.assign(new Error("secret"), { status: 404 }), 500],
  ["a Packetron error with a status", coreError("PKT_BODY_TOO_LARGE", { limit: 1 }), 413],
  ["a Packetron error without one", coreError("PKT_COOKIE_INVALID", { name: "a", problem: "secret" }), 500],
  ["a frozen Packetron error", frozen, 400],
  ["a status that is not an error", new PacketronError("PKT_X_Y", "secret", { status: 200 }), 500],
  ["a status out of range", new PacketronError("PKT_X_Y", "secret", { status: 1000 }), 500],
  ["a status that is not an integer", new PacketronError("PKT_X_Y", "secret", { status: 404.5 }), 500],
  ["an error whose properties throw", throwing, 500],
];

describe("failRequest", () => {
  it.each(failures)("answers %s with its status and nothing else", async (_name, error, status) => {
    const target = await start((request, response) => failRequest(error, request, response));
    const response = await ask(target, GET);
    expect([response.status, String(response.body)]).toEqual([status, ""]);
    expect(JSON.stringify([...response.headers])).not.toContain("secret");
    expect(target.reported).toEqual(status >= 500 ? [error] : []);
  });

  it("logs nothing about a handler that continues after core has refused its request", async () => {
    const target = await start((request, response) => {
      sendError(response, 413);
      try {
        response.setHeader("X-Late", "1");
      } catch (error) {
        failRequest(error, request, response);
      }
    });
    expect((await ask(target, GET)).status).toBe(413);
    expect(target.reported).toEqual([]);
  });

  it("cuts an answer that has begun, so that the client sees an incomplete answer", async () => {
    const target = await start((request, response) => {
      response.write("part");
      setImmediate(() => failRequest(new Error("late"), request, response));
    });
    const client = await RawClient.connect(target);
    await client.send(GET).until(() => false);
    expect(String(client.received)).not.toContain("0\r\n\r\n");
    expect(target.reported).toHaveLength(1);
  });

  it("does not change a complete answer", async () => {
    const target = await start((request, response) => {
      response.end("whole");
      failRequest(new Error("late"), request, response);
    });
    const client = await RawClient.connect(target);
    const responses = await client.send(GET + GET).responses(2);
    expect(responses.map(({ body }) => String(body))).toEqual(["whole", "whole"]);
    expect(target.reported).toHaveLength(2);
    client.destroy();
  });
});
