import { symlinkSync, unlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { type Handler, type Packetron, PacketronFileRouterFlags } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { problem } from "../../../core/test/_problem.ts";
import { ask, type LogLine, makeFolder, openFilesBelow, startSite, write } from "../_site.ts";

/** Starts a server whose only route has this handler. */
function startHandler(handler: Handler): Promise<{ readonly server: Packetron; readonly lines: LogLine[] }> {
  return startSite((site) => void site.handle({ routePath: "/", handler }));
}

describe("response.sendFile()", () => {
  test("sends a file by an absolute path or one from the working directory", async () => {
    const directory = makeFolder({ "a.html": "<p>a" });
    const path = join(directory, "a.html");
    for (const name of [path, relative(process.cwd(), path)]) {
      const { server } = await startHandler((_request, response) => response.sendFile(name));
      const answer = await ask(server, "GET /");
      expect(answer).toMatchObject({
        status: 200,
        text: "<p>a",
        headers: { "content-type": "text/html; charset=utf-8" },
      });
      expect((await ask(server, "GET /", { "If-None-Match": answer.headers["etag"] ?? "" })).status).toBe(
        304,
      );
      expect((await ask(server, "GET /", { Range: "bytes=0-1" })).text).toBe("<p");
      const head = await ask(server, "HEAD /");
      expect([head.status, head.headers["content-length"]]).toEqual([200, "4"]);
    }
  });

  test("keeps headers and a status that were set before", async () => {
    const path = join(makeFolder({ "a.html": "<p>a" }), "a.html");
    const { server } = await startHandler((_request, response) => {
      response.statusCode = 201;
      response.setHeader("Content-Type", "text/x-own");
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("ETag", '"own"');
      return response.sendFile(path, { cacheControl: "max-age=5" });
    });
    expect(await ask(server, "GET /")).toMatchObject({
      status: 201,
      headers: { "content-type": "text/x-own", "cache-control": "no-store", etag: '"own"' },
    });
  });

  test("sends no ranges when the handler has set Accept-Ranges: none", async () => {
    const path = join(makeFolder({ a: "0123" }), "a");
    const { server } = await startHandler((_request, response) => {
      response.setHeader("Accept-Ranges", "none");
      return response.sendFile(path);
    });
    expect(await ask(server, "GET /", { Range: "bytes=0-1" })).toMatchObject({ status: 200, text: "0123" });
  });

  test("accepts options: Cache-Control, and a strong tag", async () => {
    const path = join(makeFolder({ a: "a" }), "a");
    const options = { cacheControl: "max-age=5", flags: PacketronFileRouterFlags.STRONG_ETAG };
    const { server } = await startHandler((_request, response) => response.sendFile(path, options));
    const { headers } = await ask(server, "GET /");
    expect(headers["cache-control"]).toBe("max-age=5");
    expect(headers["etag"]).toMatch(/^"[\w-]{43}"$/);
  });

  test.each([
    ["a name that does not exist", "missing"],
    ["an empty name", ""],
    ["a directory", "."],
    ["the directory above", ".."],
    ["a file as a directory", "a/b"],
    ["a NUL", "a\0b"],
    ["a name that is too long", "x".repeat(5_000)],
  ])("answers %s with 404", async (_case, name) => {
    const directory = makeFolder({ a: "a" });
    const { server, lines } = await startHandler(async (_request, response) => {
      response.setHeader("Cache-Control", "max-age=31536000");
      await response.sendFile(`${directory}/${name}`);
    });
    const answer = await ask(server, "GET /");
    expect(answer).toMatchObject({ status: 404, text: problem(404) });
    expect(answer.headers["cache-control"]).toBeUndefined();
    expect(lines).toEqual([]);
  });

  test("lets onError answer for a missing file", async () => {
    const { server } = await startHandler((_request, response) => response.sendFile("/nowhere/at/all"));
    server.onError((error, _request, response) =>
      response.sendTextPlain(error instanceof Error && "code" in error ? String(error.code) : ""),
    );
    expect(await ask(server, "GET /")).toMatchObject({ status: 404, text: "PKT_STATIC_NOT_FOUND" });
  });

  test("never rejects: wrong use is answered with 500 and logged", async () => {
    const settled: unknown[] = [];
    const { server, lines } = await startHandler((request, response) => {
      const wrong: Record<string, unknown[]> = {
        path: [5],
        flags: ["/a", { flags: 1 << 12 }],
        cache: ["/a", { cacheControl: 5 }],
        root: ["/a", { root: 5 }],
      };
      const args = wrong[String(request.query["wrong"])] ?? [];
      const promise: Promise<void> = Reflect.apply(response.sendFile, response, args);
      promise.then(
        (value) => settled.push(value),
        () => settled.push("rejected"),
      );
    });
    for (const wrong of ["path", "flags", "cache", "root"])
      expect(await ask(server, `GET /?wrong=${wrong}`)).toMatchObject({ status: 500, text: problem(500) });
    expect(settled).toEqual([undefined, undefined, undefined, undefined]);
    expect(lines.map(({ level }) => level)).toEqual(["error", "error", "error", "error"]);
  });

  test("with a root sends nothing outside of it", async () => {
    const parent = makeFolder({
      "root/a.txt": "a",
      "root/b/c.txt": "c",
      "secret.txt": "secret",
      "root-secret.txt": "secret",
    });
    symlinkSync("../secret.txt", join(parent, "root/link"));
    const { server } = await startHandler((request, response) =>
      response.sendFile(String(request.query["name"]), { root: join(parent, "root") }),
    );
    for (const [name, status] of [
      ["a.txt", 200],
      ["b/c.txt", 200],
      ["b/../a.txt", 200],
      ["/a.txt", 200],
    ])
      expect((await ask(server, `GET /?name=${name}`)).status).toBe(status);
    for (const name of [
      "../secret.txt",
      "../root-secret.txt",
      "link",
      "b/../../secret.txt",
      join(parent, "secret.txt"),
      "..",
      ".",
    ])
      expect((await ask(server, `GET /?name=${encodeURIComponent(name)}`)).status).toBe(404);
  });

  test("sends what the handler has just written", async () => {
    const directory = makeFolder();
    const path = join(directory, "report.txt");
    let count = 0;
    const { server } = await startHandler((_request, response) => {
      write(path, `report ${++count}`);
      return response.sendFile(path);
    });
    for (const text of ["report 1", "report 2", "report 3"])
      expect((await ask(server, "GET /")).text).toBe(text);
  });

  test("uses no precompressed siblings, because they may be other uploads", async () => {
    const path = join(makeFolder({ "a.js": "mine", "a.js.br": "somebody else's" }), "a.js");
    const { server } = await startHandler((_request, response) => response.sendFile(path));
    const answer = await ask(server, "GET /", { "Accept-Encoding": "br" });
    expect(answer.text).toBe("mine");
    expect(answer.headers["vary"]).toBeUndefined();
  });

  test("after another answer is ignored, with one warning", async () => {
    const path = join(makeFolder({ a: "a" }), "a");
    const { server, lines } = await startHandler(async (_request, response) => {
      response.sendTextPlain("first");
      await response.sendFile(path);
      await response.downloadFile(path);
    });
    expect((await ask(server, "GET /")).text).toBe("first");
    expect(lines).toMatchObject([{ level: "warn", facts: { err: { code: "PKT_RESPONSE_ENDED" } } }]);
  });

  test("does not answer when the handler has sent another answer meanwhile", async () => {
    const path = join(makeFolder({ a: "a" }), "a");
    const { server, lines } = await startHandler((_request, response) => {
      void response.sendFile(path);
      response.sendTextPlain("faster");
    });
    expect((await ask(server, "GET /")).text).toBe("faster");
    await expect.poll(() => lines.map(({ level }) => level)).toEqual(["warn"]);
  });

  test("sends the file after a head of writeHead()", async () => {
    const path = join(makeFolder({ a: "0123" }), "a");
    const { server, lines } = await startHandler((_request, response) => {
      response.writeHead(206, { "Content-Length": "4", "X-Own": "yes" });
      return response.sendFile(path);
    });
    expect(await ask(server, "GET /")).toMatchObject({
      status: 206,
      text: "0123",
      headers: { "x-own": "yes" },
    });
    expect(lines).toEqual([]);
  });

  test("sends no content with a status without content", async () => {
    const path = join(makeFolder({ a: "0123" }), "a");
    const { server } = await startHandler((request, response) => {
      response.statusCode = Number(request.query["status"]);
      return response.sendFile(path);
    });
    for (const status of [204, 304]) {
      const answer = await ask(server, `GET /?status=${status}`);
      expect(answer).toMatchObject({ status, text: "" });
      expect(answer.headers["content-length"]).toBeUndefined();
    }
    expect(await ask(server, "GET /?status=205")).toMatchObject({ status: 205, text: "" });
  });

  test("can be wrapped on a response, and calls no other method that sends", async () => {
    const path = join(makeFolder({ a: "0123" }), "a");
    const calls: string[] = [];
    const { server } = await startHandler((_request, response) => {
      const original = response.sendFile;
      response.sendFile = (...args) => {
        calls.push("sendFile");
        return original.apply(response, args);
      };
      response.send = () => void calls.push("send");
      return response.sendFile(path);
    });
    expect((await ask(server, "GET /")).text).toBe("0123");
    expect(calls).toEqual(["sendFile"]);
  });

  test("has closed the file when its promise resolves", async () => {
    const directory = makeFolder({ big: Buffer.alloc(2 ** 20) });
    const open: number[] = [];
    const { server } = await startHandler(async (_request, response) => {
      await response.sendFile(join(directory, "big"));
      open.push(openFilesBelow(directory).length);
    });
    expect((await ask(server, "GET /")).body.length).toBe(2 ** 20);
    expect((await ask(server, "HEAD /")).status).toBe(200);
    expect(open).toEqual([0, 0]);
    unlinkSync(join(directory, "big"));
    expect((await ask(server, "GET /")).status).toBe(404);
  });
});

describe("response.downloadFile()", () => {
  test.each<readonly [name: string | undefined, disposition: string]>([
    [undefined, 'attachment; filename="a.html"'],
    ["b.txt", 'attachment; filename="b.txt"'],
    ["ä\r\nX: y.txt", "attachment; filename=\"_X: y.txt\"; filename*=UTF-8''%C3%A4X%3A%20y.txt"],
  ])("as %j", async (name, disposition) => {
    const path = join(makeFolder({ "a.html": "<p>a" }), "a.html");
    const { server } = await startHandler((_request, response) => response.downloadFile(path, name));
    expect(await ask(server, "GET /")).toMatchObject({
      status: 200,
      text: "<p>a",
      headers: { "content-disposition": disposition, "content-type": "text/html; charset=utf-8" },
    });
  });

  test("keeps a Content-Disposition that was set before, and sets none on a 404", async () => {
    const path = join(makeFolder({ "a.html": "<p>a" }), "a.html");
    const { server } = await startHandler((request, response) => {
      if (request.query["own"] !== undefined) response.setHeader("Content-Disposition", "inline");
      return response.downloadFile(request.query["missing"] === undefined ? path : `${path}x`);
    });
    expect((await ask(server, "GET /?own")).headers["content-disposition"]).toBe("inline");
    const missing = await ask(server, "GET /?missing");
    expect([missing.status, missing.headers["content-disposition"]]).toEqual([404, undefined]);
  });

  test("answers a name that is not a string with 500", async () => {
    const { server, lines } = await startHandler((_request, response) => {
      void Reflect.apply(response.downloadFile, response, ["/a", 5]);
    });
    expect((await ask(server, "GET /")).status).toBe(500);
    expect(lines).toMatchObject([{ facts: { err: { code: "PKT_OPTION_INVALID" } } }]);
  });
});
