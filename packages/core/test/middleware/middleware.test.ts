/** Real middleware from npm works with both ways of dispatch. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished, pipeline, Readable, Writable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { field, RawClient, type RawResponse } from "../_raw.ts";
import { load, type Middleware, serveWith } from "./_middleware.ts";

const morgan = load<(format: string, options: object) => Middleware>("morgan");
const compression = load<(options?: object) => Middleware>("compression");
const session = load<(options: object) => Middleware>("express-session");
const cors = load<(options?: object) => Middleware>("cors");
const onHeaders = load<(response: ServerResponse, listener: () => void) => void>("on-headers");
const onFinished = load<
  ((message: unknown, listener: (error: Error | null, message: unknown) => void) => void) & {
    isFinished(message: unknown): boolean;
  }
>("on-finished");
const send = load<(request: IncomingMessage, path: string, options: object) => Readable>("send");
const { default: helmet } = load<{ default: () => Middleware }>("helmet");

const PATHS = ["/json", "/large", "/text", "/status", "/later", "/stream", "/nowhere"];

describe.each(["standard", "direct"] as const)("with dispatch %s", (dispatch) => {
  test("morgan writes one line for each request, with status and length", async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => lines.push(line.trim()) };
    const server = await serveWith(dispatch, [
      morgan(":method :url :status :res[content-length] :res[content-type]", { stream }),
    ]);
    await get(server.port, PATHS);
    await expect
      .poll(() => lines)
      .toEqual([
        "GET /json 200 7 application/json; charset=utf-8",
        "GET /large 200 50011 application/json; charset=utf-8",
        "GET /text 200 4 text/plain; charset=utf-8",
        "GET /status 204 - -",
        "GET /later 200 5 text/plain; charset=utf-8",
        "GET /stream 200 - text/plain",
        "GET /nowhere 404 55 application/problem+json",
      ]);
  });

  test("morgan logs a client that disconnected before its answer", async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => lines.push(line.trim()) };
    const server = await serveWith(dispatch, [morgan(":url :status", { stream })]);
    server.handle({ routePath: "/never", handler: () => undefined });
    const client = await RawClient.connect({ port: server.port });
    client.send("GET /json HTTP/1.1\r\nHost: x\r\n\r\nGET /never HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.responses(1);
    client.destroy();
    await expect.poll(() => lines).toEqual(["/json 200", "/never -"]);
  });

  test("compression compresses large answers, and leaves small ones unchanged", async () => {
    const server = await serveWith(dispatch, [compression()]);
    const answers = await get(server.port, PATHS, ["Accept-Encoding: gzip"]);
    expect(answers.map((answer) => field(answer, "content-encoding"))).toEqual([
      undefined,
      "gzip",
      undefined,
      undefined,
      undefined,
      "gzip",
      undefined,
    ]);
    const [, large, text, , , stream] = answers;
    expect(JSON.parse(String(gunzipSync(large?.body ?? "")))).toEqual({ text: "x".repeat(50_000) });
    expect(String(text?.body)).toBe("text");
    expect(String(gunzipSync(stream?.body ?? ""))).toBe("one, two");
  });

  test("express-session sets its cookie and keeps the stored values", async () => {
    const server = await serveWith(dispatch, [
      session({ secret: "a secret of the test", resave: false, saveUninitialized: true }),
      (request, _response, next) => {
        const kept: { count?: number } = Reflect.get(request, "session");
        kept.count = (kept.count ?? 0) + 1;
        next();
      },
    ]);
    server.handle({
      routePath: "/count",
      handler: (request, response) =>
        response.sendJson(Reflect.get(Reflect.get(request, "session"), "count")),
    });
    const [first] = await get(server.port, ["/count"]);
    const cookie = /^connect\.sid=[^;]+/.exec(
      first === undefined ? "" : (field(first, "set-cookie") ?? ""),
    )?.[0];
    expect(cookie).toBeDefined();
    const later: string[] = [];
    // Sent one after another, because a session is saved when its answer ends.
    for (const path of ["/count", "/json", "/status", "/count"]) {
      const [answer] = await get(server.port, [path], [`Cookie: ${cookie}`]);
      later.push(`${answer?.status} ${answer?.body}`);
    }
    expect(later).toEqual(["200 2", '200 {"a":1}', "204 ", "200 5"]);
    const others = await get(server.port, ["/count", "/count"]);
    expect(others.map(({ body }) => String(body))).toEqual(["1", "1"]);
  });

  test("helmet and cors set their headers, also without a route", async () => {
    const server = await serveWith(dispatch, [helmet(), cors({ origin: "https://example.com" })]);
    for (const answer of await get(server.port, PATHS)) {
      expect(field(answer, "x-content-type-options")).toBe("nosniff");
      expect(field(answer, "access-control-allow-origin")).toBe("https://example.com");
    }
  });

  test("cors answers a preflight by itself, and no handler runs", async () => {
    const server = await serveWith(dispatch, [cors()]);
    const client = await RawClient.connect({ port: server.port });
    client.send("OPTIONS /json HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Method: PUT\r\n\r\n".repeat(2));
    const answers = await client.responses(2);
    expect(answers.map((answer) => [answer.status, field(answer, "access-control-allow-methods")])).toEqual([
      [204, "GET,HEAD,PUT,PATCH,POST,DELETE"],
      [204, "GET,HEAD,PUT,PATCH,POST,DELETE"],
    ]);
    client.destroy();
  });

  test("on-headers is called once for each answer, before it is sent", async () => {
    let calls = 0;
    const server = await serveWith(dispatch, [
      (_request, response, next) => {
        onHeaders(response, () => {
          calls++;
          response.setHeader("X-Status", response.statusCode);
        });
        next();
      },
    ]);
    const answers = await get(server.port, PATHS);
    expect(answers.map((answer) => field(answer, "x-status"))).toEqual(
      answers.map(({ status }) => `${status}`),
    );
    expect(calls).toBe(PATHS.length);
  });

  test("on-finished reports the end of request and response, when attached before or after the answer", async () => {
    const events: string[] = [];
    const server = await serveWith(dispatch, [
      (request, response, next) => {
        onFinished(response, (error) => events.push(`response ${request.url} ${String(error)}`));
        onFinished(request, (error) => events.push(`request ${request.url} ${String(error)}`));
        next();
      },
    ]);
    server.handle({
      routePath: "/behind",
      handler: (request, response) => {
        response.sendTextPlain("behind");
        onFinished(response, (error) => events.push(`behind ${String(error)}`));
        onFinished(request, (error) => events.push(`behind request ${String(error)}`));
        setTimeout(() => events.push(`is finished ${onFinished.isFinished(response)}`), 5);
      },
    });
    await get(server.port, ["/json"]);
    await get(server.port, ["/behind"]);
    await expect
      .poll(() => events.toSorted())
      .toEqual([
        "behind null",
        "behind request null",
        "is finished true",
        "request /behind null",
        "request /json null",
        "response /behind null",
        "response /json null",
      ]);
  });

  test("send streams a file and a range of it, and answers 304 for an unchanged file", async () => {
    const root = mkdtempSync(join(tmpdir(), "packetron-send-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    writeFileSync(join(root, "file.txt"), "0123456789");
    const server = await serveWith(dispatch, []);
    server.handle({
      routePath: "/file.txt",
      handler: (request, response) => void send(request, "/file.txt", { root }).pipe(response),
    });
    const [whole] = await get(server.port, ["/file.txt"]);
    const [part] = await get(server.port, ["/file.txt"], ["Range: bytes=2-4"]);
    const tag = whole === undefined ? "" : field(whole, "etag");
    const [same] = await get(server.port, ["/file.txt"], [`If-None-Match: ${tag}`]);
    expect([whole, part, same].map((answer) => `${answer?.status} ${answer?.body}`)).toEqual([
      "200 0123456789",
      "206 234",
      "304 ",
    ]);
  });

  test("stream.finished() and stream.pipeline() report the end of every answer", async () => {
    const events: string[] = [];
    const server = await serveWith(dispatch, [
      (request, response, next) => {
        finished(response, (error) => events.push(`${request.url} ${String(error)}`));
        next();
      },
    ]);
    server.handle({
      routePath: "/pipeline",
      handler: (request, response) => {
        const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
        pipeline(request, sink, () => {
          pipeline(Readable.from(["one, ", "two"]), response, (error) =>
            events.push(`pipeline ${String(error)}`),
          );
        });
      },
    });
    const paths = [...PATHS, "/pipeline"];
    const answers = await get(server.port, paths);
    expect(String(answers.at(-1)?.body)).toBe("one, two");
    await expect
      .poll(() => events.toSorted())
      .toEqual([...paths.map((path) => `${path} undefined`), "pipeline undefined"].toSorted());
  });

  test("all middleware together answers a long pipeline in order", async () => {
    const lines: string[] = [];
    const server = await serveWith(dispatch, [
      morgan(":url :status", { stream: { write: (line: string) => lines.push(line.trim()) } }),
      helmet(),
      cors(),
      compression(),
      session({ secret: "a secret of the test", resave: true, saveUninitialized: true }),
    ]);
    const paths = Array.from({ length: 70 }, (_, index) => PATHS[index % PATHS.length] ?? "/");
    const answers = await get(server.port, paths, ["Accept-Encoding: gzip"]);
    const wanted = ["200", "200", "200", "204", "200", "200", "404"];
    expect(answers.map(({ status }) => `${status}`)).toEqual(
      paths.map((_, index) => wanted[index % wanted.length]),
    );
    await expect
      .poll(() => lines.toSorted())
      .toEqual(paths.map((path, index) => `${path} ${wanted[index % wanted.length]}`).toSorted());
  });
});

/** Requests all paths in one write, and returns the answers in order. */
async function get(
  port: number,
  paths: readonly string[],
  headers: readonly string[] = [],
): Promise<RawResponse[]> {
  const client = await RawClient.connect({ port });
  const head = ["Host: x", ...headers].join("\r\n");
  client.send(paths.map((path) => `GET ${path} HTTP/1.1\r\n${head}\r\n\r\n`).join(""));
  const answers = await client.responses(paths.length);
  client.destroy();
  return answers;
}
