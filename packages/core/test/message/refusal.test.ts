import { afterEach, describe, expect, it } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { refuse } from "../../src/message/refusal.ts";
import { problem } from "../_problem.ts";
import { ask, field, RawClient } from "../_raw.ts";
import { startServing, type TestServer } from "../connection/_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function start(dispatch: HttpListenerParts["dispatch"]): Promise<TestServer> {
  server = await startServing({ lingerTimeout: 100 }, dispatch);
  return server;
}

describe("refuse", () => {
  it("answers with the status, a problem document and the headers given", async () => {
    const target = await start((_request, response) => refuse(response, 405, { Allow: "GET, POST" }));
    const response = await ask(target, GET);
    expect([response.status, response.reason, String(response.body)]).toEqual([
      405,
      "Method Not Allowed",
      problem(405, { allow: ["GET", "POST"] }),
    ]);
    expect([field(response, "allow"), field(response, "content-type")]).toEqual([
      "GET, POST",
      "application/problem+json",
    ]);
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
      refuse(response, 500);
    });
    const response = await ask(target, GET);
    expect([response.status, response.reason]).toEqual([500, "Internal Server Error"]);
    expect([...response.headers.keys()].sort()).toEqual(
      [
        "connection",
        "content-length",
        "content-type",
        "date",
        "keep-alive",
        "set-cookie",
        "x-request-id",
      ].sort(),
    );
    expect(response.headers.get("set-cookie")).toEqual(["a=1", "b=2"]);
  });

  it("says more in its document when it is given fields", async () => {
    const fields = { limit: "maxFileSize", field: "größe" };
    const target = await start((_request, response) => {
      response.setHeader("Content-Type", "text/html");
      refuse(response, 413, {}, fields);
    });
    const response = await ask(target, GET);
    expect([response.status, JSON.parse(String(response.body))]).toEqual([
      413,
      { type: "about:blank", title: "Payload Too Large", status: 413, ...fields },
    ]);
    expect(field(response, "content-type")).toBe("application/problem+json");
  });

  it("has a length after the handler removed it", async () => {
    const target = await start((_request, response) => {
      response.removeHeader("Content-Length");
      response.removeHeader("Date");
      refuse(response, 404);
    });
    const response = await ask(target, GET);
    expect([field(response, "content-length"), field(response, "date")]).toEqual([
      String(problem(404).length),
      expect.any(String),
    ]);
  });

  it("sends no body to HEAD", async () => {
    const target = await start((_request, response) => refuse(response, 404));
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
      refuse(response, 500);
      response.end();
      refuse(response, 500);
    });
    const response = await ask(target, GET);
    expect([response.status, String(response.body)]).toEqual([200, "first"]);
  });
});
