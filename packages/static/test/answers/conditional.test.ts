import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Capability, type Packetron, PacketronFileRouterFlags } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { problem } from "../../../core/test/_problem.ts";
import { ask, LONG_AGO, makeFolder, startSite, write } from "../_site.ts";

const content = "0123456789";
const at = LONG_AGO.toUTCString();
const before = new Date(LONG_AGO.getTime() - 1000).toUTCString();
const hash = `"${createHash("sha256").update(content).digest("base64url")}"`;

/** Starts two servers for a table of requests: one sends files from memory, the other one streams the same files. */
async function startBoth(): Promise<readonly (readonly [string, Packetron])[]> {
  const directory = makeFolder({ "a.txt": content });
  const setUp = (server: Packetron): void => {
    server.serve({ directory, cacheControl: "max-age=5" });
    server.serve({ directory, pathPrefix: "strong", flags: PacketronFileRouterFlags.STRONG_ETAG });
  };
  const cached = await startSite(setUp);
  const streamed = await startSite(setUp, { options: { cacheBytes: 0 } });
  return [
    ["from memory", cached.server],
    ["streamed", streamed.server],
  ];
}

describe("a conditional request", () => {
  test("gets 304 without a body, with the headers that a cache needs", async () => {
    for (const [, server] of await startBoth()) {
      const { headers } = await ask(server, "GET /a.txt");
      const etag = headers["etag"] ?? "";
      for (const method of ["GET", "HEAD"]) {
        const answer = await ask(server, `${method} /a.txt`, { "If-None-Match": etag });
        expect(answer).toMatchObject({ status: 304, text: "" });
        expect(Object.keys(answer.headers).toSorted()).toEqual(
          ["cache-control", "connection", "date", "etag", "keep-alive", "last-modified"].toSorted(),
        );
        expect(answer.headers["etag"]).toBe(etag);
      }
      expect((await ask(server, "GET /a.txt", { "If-None-Match": "*" })).status).toBe(304);
      expect((await ask(server, "GET /a.txt", { "If-Modified-Since": at })).status).toBe(304);
      expect((await ask(server, "GET /a.txt", { "If-Modified-Since": before })).status).toBe(200);
      expect(
        (await ask(server, "GET /a.txt", { "If-None-Match": '"x"', "If-Modified-Since": at })).status,
      ).toBe(200);
    }
  });

  test("whose precondition fails gets a 412 without headers of the file", async () => {
    for (const [, server] of await startBoth()) {
      const failed = await ask(server, "GET /a.txt", { "If-Match": '"x"' });
      expect(failed).toMatchObject({ status: 412, text: problem(412) });
      expect(failed.headers["etag"]).toBeUndefined();
      expect(failed.headers["cache-control"]).toBeUndefined();
      expect((await ask(server, "GET /a.txt", { "If-Unmodified-Since": before })).status).toBe(412);
      expect((await ask(server, "GET /strong/a.txt", { "If-Match": hash })).status).toBe(200);
      expect(await ask(server, "HEAD /strong/a.txt", { "If-Match": '"x"' })).toMatchObject({
        status: 412,
        text: "",
      });
    }
  });

  test("with STRONG_ETAG compares hashes of the content", async () => {
    for (const [, server] of await startBoth()) {
      expect((await ask(server, "GET /strong/a.txt")).headers["etag"]).toBe(hash);
      expect((await ask(server, "GET /strong/a.txt", { "If-None-Match": `W/${hash}` })).status).toBe(304);
    }
  });

  test("is ignored when the handler has set another status, and is evaluated with the handler's own tag", async () => {
    const directory = makeFolder({ "404.html": "lost", "a.txt": content });
    const { server } = await startSite((site) => {
      site.handle({
        routePath: "lost",
        handler: (_request, response) => {
          response.statusCode = 404;
          return response.sendFile(join(directory, "404.html"));
        },
      });
      site.handle({
        routePath: "own",
        handler: (_request, response) => {
          response.setHeader("ETag", '"own"');
          response.setHeader("Last-Modified", before);
          return response.sendFile(join(directory, "a.txt"));
        },
      });
      site.handle({
        routePath: "post",
        method: 1,
        handler: (_request, response) => response.sendFile(join(directory, "a.txt")),
      });
    });
    const page = await ask(server, "GET /lost", { "If-None-Match": "*", Range: "bytes=0-1" });
    expect(page).toMatchObject({ status: 404, text: "lost" });
    expect((await ask(server, "GET /own", { "If-None-Match": '"own"' })).status).toBe(304);
    expect((await ask(server, "GET /own", { "If-Match": '"own"' })).status).toBe(200);
    expect((await ask(server, "GET /own", { "If-Modified-Since": before })).status).toBe(304);
    expect(
      await ask(server, "POST /post", { "If-Match": '"x"', Range: "bytes=0-1", "Content-Length": "0" }),
    ).toMatchObject({
      status: 200,
      text: content,
    });
  });
});

describe("a range", () => {
  test.each<readonly [range: string, status: number, text: string, contentRange: string | undefined]>([
    ["bytes=0-0", 206, "0", "bytes 0-0/10"],
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=5-", 206, "56789", "bytes 5-9/10"],
    ["bytes=0-99", 206, content, "bytes 0-9/10"],
    ["bytes=0-1,2-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=10-", 416, problem(416), "bytes */10"],
    ["bytes=-0", 416, problem(416), "bytes */10"],
    ["bytes=9-3", 200, content, undefined],
    ["bytes=abc", 200, content, undefined],
    ["items=0-5", 200, content, undefined],
    [`bytes=${"0-0,2-2,".repeat(100)}`, 200, content, undefined],
  ])("%.30s", async (range, status, text, contentRange) => {
    for (const [, server] of await startBoth()) {
      const answer = await ask(server, "GET /a.txt", { Range: range });
      expect(answer).toMatchObject({ status, text });
      expect(answer.headers["content-range"]).toBe(contentRange);
      expect(answer.headers["content-length"]).toBe(String(text.length));
      expect(await ask(server, "HEAD /a.txt", { Range: range })).toMatchObject({ status: 200, text: "" });
    }
  });

  test("with several parts gets one body with a part for each, in the requested order", async () => {
    for (const [, server] of await startBoth()) {
      const answer = await ask(server, "GET /a.txt", { Range: "bytes=8-9,0-1, 4-4" });
      expect(answer.status).toBe(206);
      expect(answer.headers["content-range"]).toBeUndefined();
      const [, boundary = ""] =
        /^multipart\/byteranges; boundary=([0-9a-f]{36})$/.exec(answer.headers["content-type"] ?? "") ?? [];
      const parts = [
        ["8-9", "89"],
        ["0-1", "01"],
        ["4-4", "4"],
      ].map(
        ([range, bytes]) =>
          `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/10\r\n\r\n${bytes}`,
      );
      expect(answer.text).toBe(`${parts.join("")}\r\n--${boundary}--\r\n`);
    }
  });

  test("with If-Range applies only when the tag or the date is strong and the same", async () => {
    for (const [, server] of await startBoth()) {
      const weak = (await ask(server, "GET /a.txt")).headers["etag"] ?? "";
      const range = { Range: "bytes=0-0" };
      expect((await ask(server, "GET /a.txt", { ...range, "If-Range": weak })).status).toBe(200);
      expect((await ask(server, "GET /a.txt", { ...range, "If-Range": at })).status).toBe(206);
      expect((await ask(server, "GET /a.txt", { ...range, "If-Range": before })).status).toBe(200);
      expect((await ask(server, "GET /strong/a.txt", { ...range, "If-Range": hash })).status).toBe(206);
      expect((await ask(server, "GET /strong/a.txt", { ...range, "If-Range": '"x"' })).status).toBe(200);
    }
  });

  test("is evaluated after the preconditions", async () => {
    for (const [, server] of await startBoth()) {
      expect((await ask(server, "GET /a.txt", { Range: "bytes=0-0", "If-None-Match": "*" })).status).toBe(
        304,
      );
      expect((await ask(server, "GET /a.txt", { Range: "bytes=99-", "If-Match": '"x"' })).status).toBe(412);
    }
  });

  test("of an empty file is ignored", async () => {
    const empty = makeFolder({ empty: "" });
    const { server } = await startSite((site) => site.serve({ directory: empty }));
    for (const range of ["bytes=0-0", "bytes=0-", "bytes=-5"])
      expect(await ask(server, "GET /empty", { Range: range })).toMatchObject({ status: 200, text: "" });
  });
});

describe("precompressed siblings", () => {
  const files = {
    "a.js": "plain javascript",
    "a.js.br": "BR",
    "a.js.gz": "GZIP",
    "a.js.zst": "ZST",
    "b.js": "alone",
  };

  test.each<readonly [field: string | null, coding: string | undefined, text: string]>([
    [null, undefined, files["a.js"]],
    ["gzip", "gzip", "GZIP"],
    ["gzip, br", "br", "BR"],
    ["gzip, zstd;q=0.9", "gzip", "GZIP"],
    ["gzip;q=0", undefined, files["a.js"]],
    ["identity, gzip;q=0.5", undefined, files["a.js"]],
    ["deflate", undefined, files["a.js"]],
  ])("with Accept-Encoding %s", async (field, coding, text) => {
    const directory = makeFolder(files);
    const { server } = await startSite((site) => site.serve({ directory }));
    const answer = await ask(server, "GET /a.js", field === null ? {} : { "Accept-Encoding": field });
    expect(answer).toMatchObject({ status: 200, text });
    expect(answer.headers["content-encoding"]).toBe(coding);
    expect(answer.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(answer.headers["vary"]).toBe("Accept-Encoding");
  });

  test("have their own tags, ranges and 304s, and keep the Vary that was set before", async () => {
    const directory = makeFolder(files);
    const vary: Capability = {
      name: "vary",
      install: (host) => void host.gate(0, (_request, response) => void response.setHeader("Vary", "Origin")),
    };
    const { server } = await startSite((site) => site.serve({ directory }), { capabilities: [vary] });
    const plain = await ask(server, "GET /a.js");
    const coded = await ask(server, "GET /a.js", { "Accept-Encoding": "br" });
    expect(coded.headers["etag"]).not.toBe(plain.headers["etag"]);
    expect(coded.headers["vary"]).toBe("Origin, Accept-Encoding");
    const same = await ask(server, "GET /a.js", {
      "Accept-Encoding": "br",
      "If-None-Match": coded.headers["etag"] ?? "",
    });
    expect([same.status, same.headers["vary"]]).toEqual([304, "Origin, Accept-Encoding"]);
    const other = await ask(server, "GET /a.js", {
      "Accept-Encoding": "gzip",
      "If-None-Match": coded.headers["etag"] ?? "",
    });
    expect(other.status).toBe(200);
    const part = await ask(server, "GET /a.js", { "Accept-Encoding": "gzip", Range: "bytes=1-2" });
    expect(part).toMatchObject({ status: 206, text: "ZI" });
    expect(part.headers["content-range"]).toBe("bytes 1-2/4");
    expect((await ask(server, "GET /b.js", { "Accept-Encoding": "br" })).headers["vary"]).toBe("Origin");
    expect((await ask(server, "GET /a.js.gz")).headers["content-type"]).toBe("application/gzip");
  });

  test("that are older than their file are not used", async () => {
    const directory = makeFolder(files);
    write(join(directory, "a.js"), "newer", new Date(LONG_AGO.getTime() + 60_000));
    const { server } = await startSite((site) => site.serve({ directory }));
    const answer = await ask(server, "GET /a.js", { "Accept-Encoding": "br" });
    expect(answer.text).toBe("newer");
    expect(answer.headers["content-encoding"]).toBeUndefined();
  });
});
