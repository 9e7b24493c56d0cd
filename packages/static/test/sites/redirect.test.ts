/** Redirects of directories that are requested without their trailing slash. */
import { join } from "node:path";
import { type Packetron, PacketronFileRouterFlags, PacketronServerFlags } from "@packetron/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ask, makeFolder, startSite } from "../_site.ts";

const { INDEX_HTML, NON_RECURSIVE, NO_DIRECTORY_STRUCTURE, SERVE_DOTFILES } = PacketronFileRouterFlags;

/** Sends a request, and returns the status and Location of the answer. */
async function where(server: Packetron, requestLine: string): Promise<[number, string | undefined]> {
  const { status, headers } = await ask(server, requestLine);
  return [status, headers["location"]];
}

describe.each(["direct", "standard"] as const)("a directory without its slash, %s dispatch", (dispatch) => {
  test.each([
    ["GET /sub", "/sub/"],
    ["HEAD /sub", "/sub/"],
    ["GET /sub?a=1&b=%20/?", "/sub/?a=1&b=%20/?"],
    ["GET /sub?", "/sub/?"],
    ["GET /sub?//evil.example/\\", "/sub/?//evil.example/\\"],
    ["GET /%73ub", "/sub/"],
    ["GET /deep/er", "/deep/er/"],
    ["GET /a%20b%3F%23%C3%BC", "/a%20b%3F%23%C3%BC/"],
    ["GET http://localhost/sub?x", "/sub/?x"],
    ["GET HTTPS://LOCALHOST/sub", "/sub/"],
    ["GET /javascript:alert(1)", "/javascript%3Aalert(1)/"],
  ])("%s is redirected to %s", async (line, location) => {
    const directory = makeFolder({
      "sub/index.html": "sub",
      "deep/er/index.html": "deeper",
      "a b?#ü/index.html": "odd",
      "javascript:alert(1)/index.html": "script",
    });
    const { server } = await startSite((site) => site.serve({ directory, flags: INDEX_HTML }), {
      server: { dispatch },
    });
    const answer = await ask(server, line);
    expect(answer).toMatchObject({ status: 301, text: "", headers: { location, "content-length": "0" } });
    expect(answer.headers["etag"]).toBeUndefined();
    expect((await ask(server, `GET ${location}`)).status).toBe(200);
  });

  test.each([
    "//evil.example",
    "//evil.example/sub",
    "//sub",
    "///sub",
    "/\\evil.example",
    "/\\sub",
    "/%2Fevil.example",
    "/%2f%2fsub",
    "/%5Cevil.example",
    "/%5c%5csub",
    "/sub//",
    "/./sub",
    "/x/../sub",
    "/sub%0d%0aLocation:%20//evil.example",
    "/sub%00",
  ])("%s is not redirected", async (target) => {
    const directory = makeFolder({ "index.html": "top", "sub/index.html": "sub", "evil.example/a": "a" });
    const { server } = await startSite((site) => site.serve({ directory, flags: INDEX_HTML }), {
      server: { dispatch },
    });
    const [status, location] = await where(server, `GET ${target}`);
    expect([400, 404]).toContain(status);
    expect(location).toBeUndefined();
  });

  test("is redirected below a prefix, and so is the prefix itself", async () => {
    const directory = makeFolder({ "index.html": "top", "sub/index.html": "sub" });
    const { server } = await startSite(
      (site) => {
        site.serve({ directory, pathPrefix: "s/ite", flags: INDEX_HTML });
        site.serve({ directory, pathPrefix: "top", flags: INDEX_HTML | NON_RECURSIVE });
        site.serve({ directory, pathPrefix: "flat", flags: INDEX_HTML | NO_DIRECTORY_STRUCTURE });
      },
      { server: { dispatch } },
    );
    expect(await where(server, "GET /s/ite/sub?q")).toEqual([301, "/s/ite/sub/?q"]);
    for (const prefix of ["/s/ite", "/top", "/flat"]) {
      expect(await where(server, `GET ${prefix}`)).toEqual([301, `${prefix}/`]);
      expect((await ask(server, `GET ${prefix}/`)).text).toBe("top");
    }
    expect(await where(server, "GET /top/sub")).toEqual([404, undefined]);
  });

  test("is not redirected if a file or a route has its path, or if it has no index", async () => {
    const directory = makeFolder({
      "file/index.html": "in the folder",
      "single/index.html": "in the folder",
      "route/index.html": "in the folder",
      "bare/a.txt": "a",
      ".dot/index.html": "dot",
      ".dot/sub/index.html": "dot",
    });
    const newer = makeFolder({ file: "a file" });
    const { server } = await startSite(
      (site) => {
        site.serve({ directory, flags: INDEX_HTML });
        site.serve({ directory: newer });
        site.serve({ directory, pathPrefix: "dots", flags: INDEX_HTML | SERVE_DOTFILES });
        site.serveFile({ routePath: "single", filePath: join(newer, "file") });
        site.handle({ routePath: "route", handler: (_request, response) => response.sendTextPlain("route") });
      },
      { server: { dispatch } },
    );
    expect((await ask(server, "GET /file")).text).toBe("a file");
    expect((await ask(server, "GET /single")).text).toBe("a file");
    expect((await ask(server, "GET /route")).text).toBe("route");
    expect((await ask(server, "GET /route/")).text).toBe("in the folder");
    for (const path of ["/bare", "/.dot", "/.dot/sub", "/missing"])
      expect(await where(server, `GET ${path}`)).toEqual([404, undefined]);
    expect(await where(server, "GET /dots/.dot")).toEqual([301, "/dots/.dot/"]);
    expect((await ask(server, "POST /file", { "Content-Length": "0" })).status).toBe(405);
  });

  test("is answered without a redirect on a server that ignores the trailing slash", async () => {
    const directory = makeFolder({ "index.html": "top", "sub/index.html": "sub" });
    const { server } = await startSite(
      (site) => site.serve({ directory, pathPrefix: "site", flags: INDEX_HTML }),
      { server: { dispatch, flags: PacketronServerFlags.IGNORE_TRAILING_SLASH } },
    );
    for (const [path, text] of [
      ["/site", "top"],
      ["/site/", "top"],
      ["/site/sub", "sub"],
      ["/site/sub/", "sub"],
    ])
      expect(await ask(server, `GET ${path}`)).toMatchObject({ status: 200, text });
  });

  test("is redirected with the Cache-Control of its index, because caches may keep a 301 for ever", async () => {
    const directory = makeFolder({ "sub/index.html": "sub" });
    const { server } = await startSite(
      (site) => site.serve({ directory, flags: INDEX_HTML, cacheControl: "max-age=60" }),
      { server: { dispatch } },
    );
    expect((await ask(server, "GET /sub")).headers).toMatchObject({
      location: "/sub/",
      "cache-control": "max-age=60",
    });
  });
});

test("for any target, a redirect stays on this host and leads to a directory", async () => {
  const directory = makeFolder({
    "index.html": "top",
    "sub/index.html": "sub",
    "a b/sub/index.html": "deep",
  });
  const { server } = await startSite((site) => site.serve({ directory, flags: INDEX_HTML }));
  const part = fc.constantFrom(
    "sub",
    "a%20b",
    "/",
    "//",
    "\\",
    "%2F",
    "%5C",
    "?",
    "@evil.example",
    ":80",
    ".",
    "..",
  );
  const start = fc.constantFrom(
    "/",
    "//",
    "http://localhost/",
    "http://evil.example/",
    "/sub",
    "/a%20b/sub",
    "http:/",
    "/%73ub",
  );
  await fc.assert(
    fc.asyncProperty(start, fc.array(part, { maxLength: 4 }), async (first, rest) => {
      const { status, headers } = await ask(server, `GET ${first}${rest.join("")}`);
      if (status !== 301) return;
      const target = new URL(headers["location"] ?? "", "http://this.example/x");
      expect([target.host, target.protocol]).toEqual(["this.example", "http:"]);
      expect(target.pathname).toMatch(/^\/(?:sub|a%20b\/sub)\/$/);
    }),
    { numRuns: 200 },
  );
});
