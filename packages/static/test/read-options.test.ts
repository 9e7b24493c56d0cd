/** Options of served files, as in other file servers. */
import { join } from "node:path";
import {
  type Capability,
  GateOrder,
  type Packetron,
  PacketronFileRouterFlags,
  PacketronRequestMethod,
} from "@packetron/core";
import { describe, expect, test } from "vitest";
import { problem } from "../../core/test/_problem.ts";
import type { ServeOptions } from "../src/index.ts";
import { ask, LONG_AGO, makeFolder, startSite } from "./_site.ts";

const { INDEX_HTML, NO_DIRECTORY_STRUCTURE, SERVE_DOTFILES, STRONG_ETAG } = PacketronFileRouterFlags;
const HTML = { Accept: "text/html" };
const JSON_ONLY = { Accept: "application/json" };

async function texts(server: Packetron, paths: readonly string[]): Promise<(number | string)[]> {
  const answers: (number | string)[] = [];
  for (const path of paths) {
    const { status, text, headers } = await ask(server, `GET ${path}`);
    answers.push(status === 200 ? text : status === 301 ? `-> ${headers["location"]}` : status);
  }
  return answers;
}

describe.each(["direct", "standard"] as const)("a served directory, %s dispatch:", (dispatch) => {
  async function start(options: ServeOptions, more: (site: Packetron) => void = () => undefined) {
    const setUp = (site: Packetron): void => {
      site.serve(options);
      more(site);
    };
    return (await startSite(setUp, { server: { dispatch } })).server;
  }

  test("extensions are tried in their order when no file has the name, before directories", async () => {
    const directory = makeFolder({
      "about.html": "about",
      "about.htm": "second",
      "old.htm": "old",
      plain: "plain",
      "plain.html": "other",
      "docs.html": "docs",
      "docs/index.html": "index of docs",
      "sub/page.html": "page",
      ".x/page.html": "dot",
    });
    const server = await start({ directory, extensions: ["html", "htm"], flags: INDEX_HTML });
    expect(
      await texts(server, ["/about", "/old", "/plain", "/docs", "/docs/", "/sub/page", "/about.html"]),
    ).toEqual(["about", "old", "plain", "docs", "index of docs", "page", "about"]);
    expect(await texts(server, ["/about/", "/missing", "/sub", "/", "/.x/page"])).toEqual([
      404, 404, 404, 404, 404,
    ]);
    expect((await ask(server, "HEAD /about")).headers["content-type"]).toBe("text/html; charset=utf-8");
    expect((await ask(server, "POST /about", { "Content-Length": "0" })).status).toBe(405);
  });

  test("index replaces the name of INDEX_HTML, in order of preference", async () => {
    const files = {
      "home.htm": "home",
      "index.html": "index",
      "sub/index.html": "sub",
      "sub/home.htm": "home of sub",
    };
    const directory = makeFolder({ ...files, "only/index.html": "only" });
    const server = await start({ directory, index: ["home.htm", "index.html"] });
    expect(await texts(server, ["/", "/sub/", "/only/", "/only", "/sub?q"])).toEqual([
      "home",
      "home of sub",
      "only",
      "-> /only/",
      "-> /sub/?q",
    ]);
    server.serve({ directory, pathPrefix: "one", index: ["home.htm"], flags: INDEX_HTML });
    expect(await texts(server, ["/one/", "/one/only/"])).toEqual(["home", 404]);
    server.serve({ directory, pathPrefix: "none", index: [] });
    expect(await texts(server, ["/none/", "/none/index.html"])).toEqual([404, "index"]);
  });

  test("fallback answers GET and HEAD of clients that accept HTML, when no other file has the path", async () => {
    const directory = makeFolder({
      "index.html": "app",
      "a.txt": "a",
      "sub/index.html": "sub",
      ".env": "secret",
    });
    const server = await start(
      { directory, fallback: "index.html", ignores: ["/api", "raw/", /\/v\d+\//g] },
      (site) => {
        site.handle({ routePath: "route", handler: (_request, response) => response.sendTextPlain("route") });
        site.handle({
          routePath: "posted",
          method: PacketronRequestMethod.POST,
          handler: (_request, response) => response.sendTextPlain("posted"),
        });
      },
    );
    for (const path of ["/", "/users/7", "/users/7/", "/sub/", "/john.doe", "/apix", "/a/api"]) {
      const answer = await ask(server, `GET ${path}`, HTML);
      expect(answer).toMatchObject({ status: 200, text: "app" });
      expect(answer.headers).toMatchObject({ "content-type": "text/html; charset=utf-8", vary: "Accept" });
      const head = await ask(server, `HEAD ${path}`, HTML);
      expect([head.status, head.headers["content-length"]]).toEqual([200, "3"]);
    }
    expect(await texts(server, ["/users/7", "/a.txt", "/route", "/sub/index.html", "/missing.js"])).toEqual([
      "app",
      "a",
      "route",
      "sub",
      404,
    ]);
    const etag = (await ask(server, "GET /x", HTML)).headers["etag"] ?? "";
    expect((await ask(server, "GET /y", { ...HTML, "If-None-Match": etag })).status).toBe(304);
    expect((await ask(server, "GET /users/7", JSON_ONLY)).status).toBe(404);
    for (const path of [
      "/api",
      "/api/users",
      "/raw",
      "/raw/x",
      "/x/v1/y",
      "/x/v1/y",
      "/.env",
      "/.well-known/x",
      "/x/.git/y",
    ])
      expect([path, (await ask(server, `GET ${path}`, HTML)).status]).toEqual([path, 404]);
    for (const target of ["//evil/x", "/../x", "/a%2fb"])
      expect((await ask(server, `GET ${target}`, HTML)).status).toBe(404);
    for (const method of ["POST", "PUT", "DELETE"])
      expect((await ask(server, `${method} /users/7`, { ...HTML, "Content-Length": "0" })).status).toBe(404);
    expect((await ask(server, "GET /posted", HTML)).text).toBe("app");
    expect((await ask(server, "POST /posted", { "Content-Length": "0" })).raw.toString()).toContain("posted");
  });

  test("fallback answers only below its prefix, and after the files of every directory", async () => {
    const [app, files] = [makeFolder({ "app.html": "app" }), makeFolder({ "x/y": "file" })];
    const server = await start({ directory: files }, (site) => {
      site.serve({ directory: app, pathPrefix: "in", fallback: "/app.html" });
      site.serve({ directory: app, pathPrefix: "flat", fallback: "app.html", flags: NO_DIRECTORY_STRUCTURE });
      site.serve({ directory: app, fallback: "app.html", ignores: ["/out"] });
    });
    expect(await texts(server, ["/x/y", "/x/z", "/in", "/in/x", "/inx", "/flat/x", "/out/x"])).toEqual([
      "file",
      "app",
      "app",
      "app",
      "app",
      "app",
      404,
    ]);
    expect(server.unserve({ directory: app })).toBe(true);
    expect(await texts(server, ["/x/z", "/in/x"])).toEqual([404, "app"]);
  });

  test("fallback has its own counters, which all its paths share", async () => {
    const directory = makeFolder({ "index.html": "app" });
    const routes: string[] = [];
    const counting: Capability = {
      name: "counting",
      install: (host) =>
        host.routeOption("testLimit", (limit, route) => {
          let count = 0;
          routes.push(String(route));
          host.gate(
            GateOrder.RATE_LIMIT,
            (_request, response) => void (++count > Number(limit) && response.sendStatusCode(429)),
            route,
          );
        }),
    };
    const options = { directory, fallback: "index.html", testLimit: 2 };
    const setUp = (site: Packetron): void => void Reflect.apply(site.serve, site, [options]);
    const { server } = await startSite(setUp, { server: { dispatch }, capabilities: [counting] });
    const statuses: number[] = [];
    for (const path of ["/a", "/b", "/c"]) statuses.push((await ask(server, `GET ${path}`, HTML)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect(routes).toEqual(["GET /*", "GET /index.html", "GET /index.html"]);
  });

  test("acceptRanges, etag and lastModified turned off remove headers and conditions", async () => {
    const directory = makeFolder({ "a.txt": "0123" });
    const server = await start({ directory, acceptRanges: false, etag: false, lastModified: false });
    const tag = `W/"4-${LONG_AGO.getTime().toString(16)}"`;
    for (let turn = 0; turn < 2; turn++) {
      for (const fields of [
        {},
        { Range: "bytes=0-1" },
        { "If-None-Match": tag },
        { "If-Modified-Since": LONG_AGO.toUTCString() },
        { "If-Unmodified-Since": new Date(0).toUTCString() },
      ]) {
        const { status, text, headers } = await ask(server, "GET /a.txt", fields);
        expect([status, text]).toEqual([200, "0123"]);
        expect(headers).not.toHaveProperty("etag");
        expect(headers).not.toHaveProperty("last-modified");
        expect(headers).not.toHaveProperty("accept-ranges");
      }
    }
    server.serve({ directory, pathPrefix: "dated", etag: false, acceptRanges: true });
    const dated = await ask(server, "GET /dated/a.txt", { Range: "bytes=0-1" });
    expect(dated).toMatchObject({
      status: 206,
      text: "01",
      headers: { "last-modified": LONG_AGO.toUTCString() },
    });
    expect(
      (await ask(server, "GET /dated/a.txt", { "If-Modified-Since": LONG_AGO.toUTCString() })).status,
    ).toBe(304);
  });

  test("a large file is streamed without tag and date when they are off", async () => {
    const directory = makeFolder({ big: Buffer.alloc(2 ** 20) });
    const server = await start({ directory, etag: false, lastModified: false });
    const { headers, body } = await ask(server, "GET /big");
    expect([headers["etag"], headers["last-modified"], body.length]).toEqual([undefined, undefined, 2 ** 20]);
  });

  test("maxAge is in seconds, and immutable selects files by their path below the directory", async () => {
    const directory = makeFolder({ "deadbeef/app.1a2b3c4d.js": "a", "index.html": "b" });
    const server = await start({ directory, maxAge: 3_600, immutable: /\.[0-9a-f]{8}\./g }, (site) => {
      site.serve({
        directory,
        pathPrefix: "year",
        immutable: (path) => path === "/deadbeef/app.1a2b3c4d.js",
      });
      site.serve({ directory: join(directory, "deadbeef"), pathPrefix: "below", immutable: /deadbeef/ });
      site.serve({ directory, pathPrefix: "zero", maxAge: 0 });
      site.serveFile({
        routePath: "one",
        filePath: join(directory, "index.html"),
        immutable: /^\/index\.html$/,
      });
    });
    const cacheControls = async (paths: readonly string[]): Promise<(string | undefined)[]> => {
      const values: (string | undefined)[] = [];
      for (const path of paths) values.push((await ask(server, `GET ${path}`)).headers["cache-control"]);
      return values;
    };
    const hashed = "/deadbeef/app.1a2b3c4d.js";
    expect(await cacheControls([hashed, "/index.html", `/year${hashed}`, "/year/index.html"])).toEqual([
      "public, max-age=3600, immutable",
      "public, max-age=3600",
      "public, max-age=31536000, immutable",
      undefined,
    ]);
    expect(await cacheControls(["/below/app.1a2b3c4d.js", "/zero/index.html", "/one"])).toEqual([
      undefined,
      "public, max-age=0",
      "public, max-age=31536000, immutable",
    ]);
  });

  test("setHeaders gets the response and the path on disk, and overrides the headers of the file", async () => {
    const directory = makeFolder({ "a.html": "<p>a", "sub/index.html": "sub", "end.txt": "never" });
    const paths: string[] = [];
    const server = await start({
      directory,
      flags: INDEX_HTML,
      maxAge: 5,
      setHeaders: (response, path) => {
        paths.push(path);
        response.setHeader("X-Own", "1");
        if (path.endsWith(".html"))
          response.setHeader("Content-Type", "text/x-own").setHeader("ETag", '"own"');
        if (path.endsWith("end.txt")) response.sendStatusCode(418);
      },
    });
    for (let turn = 0; turn < 2; turn++)
      expect((await ask(server, "GET /a.html")).headers).toMatchObject({
        "x-own": "1",
        "content-type": "text/x-own",
        etag: '"own"',
        "cache-control": "public, max-age=5",
      });
    expect(await ask(server, "GET /a.html", { "If-None-Match": '"own"' })).toMatchObject({
      status: 304,
      headers: { "x-own": "1" },
    });
    expect((await ask(server, "GET /a.html", { Range: "bytes=0-1" })).headers["x-own"]).toBe("1");
    expect((await ask(server, "GET /sub")).headers["x-own"]).toBeUndefined();
    expect((await ask(server, "GET /missing")).headers["x-own"]).toBeUndefined();
    expect((await ask(server, "GET /end.txt")).status).toBe(418);
    expect(new Set(paths)).toEqual(new Set([join(directory, "a.html"), join(directory, "end.txt")]));
  });

  test("an error of setHeaders is answered with 500 and logged", async () => {
    const directory = makeFolder({ a: "a" });
    const setHeaders = (): never => {
      throw new Error("made by the test");
    };
    const { server, lines } = await startSite((site) => site.serve({ directory, setHeaders }), {
      server: { dispatch },
    });
    expect(await ask(server, "GET /a")).toMatchObject({ status: 500, text: problem(500) });
    expect(lines.map(({ level }) => level)).toEqual(["error"]);
  });

  test("/.well-known/ is served without SERVE_DOTFILES, and no other dotfile in it", async () => {
    const directory = makeFolder({
      ".well-known/acme-challenge/token": "token",
      ".well-known/.secret": "secret",
      ".well-known/a/.b": "secret",
      ".well-knownx/a": "secret",
      "sub/.well-known/a": "secret",
    });
    const server = await start({ directory }, (site) => {
      site.serve({ directory, pathPrefix: "static" });
      site.serve({ directory, pathPrefix: "all", flags: SERVE_DOTFILES });
    });
    expect(
      await texts(server, [
        "/.well-known/acme-challenge/token",
        "/%2ewell-known/acme-challenge/token",
        "/.well-known/.secret",
        "/.well-known/a/.b",
        "/.well-known/../.well-known/.secret",
        "/.well-knownx/a",
        "/sub/.well-known/a",
        "/static/.well-known/acme-challenge/token",
        "/all/.well-known/.secret",
      ]),
    ).toEqual(["token", "token", 404, 404, 404, 404, 404, 404, "secret"]);
  });

  test("sendFile() accepts the options for a single answer", async () => {
    const directory = makeFolder({ a: "0123" });
    const server = await start({ directory }, (site) => {
      site.handle({
        routePath: "bare",
        handler: (_request, response) =>
          response.sendFile("a", {
            root: directory,
            maxAge: 60,
            etag: false,
            lastModified: false,
            acceptRanges: false,
          }),
      });
      site.handle({
        routePath: "full",
        handler: (_request, response) => response.sendFile("a", { root: directory }),
      });
    });
    for (let turn = 0; turn < 2; turn++) {
      const bare = await ask(server, "GET /bare", { Range: "bytes=0-1" });
      expect([bare.status, bare.text, bare.headers["cache-control"]]).toEqual([
        200,
        "0123",
        "public, max-age=60",
      ]);
      for (const name of ["etag", "last-modified", "accept-ranges"])
        expect(bare.headers).not.toHaveProperty(name);
      const full = await ask(server, "GET /full", { Range: "bytes=0-1" });
      expect([full.status, full.text, full.headers["accept-ranges"]]).toEqual([206, "01", "bytes"]);
      expect(full.headers["etag"]).toBeDefined();
    }
  });
});

describe("serve() throws for a wrong option:", () => {
  test.each<readonly [options: object, message: RegExp]>([
    [{ extensions: "html" }, /"extensions".*\["html"\]/],
    [{ extensions: [".html"] }, /"extensions".*without their dot/],
    [{ extensions: ["a/b"] }, /"extensions"/],
    [{ extensions: [""] }, /"extensions"/],
    [{ index: "index.html" }, /"index".*\["index.html"\]/],
    [{ index: ["../index.html"] }, /"index"/],
    [{ index: [], flags: INDEX_HTML }, /"index".*no flag INDEX_HTML/],
    [{ fallback: true }, /"fallback".*"index.html"/],
    [{ fallback: "../index.html" }, /"fallback"/],
    [{ fallback: "a//b" }, /"fallback"/],
    [{ fallback: "a\\b" }, /"fallback"/],
    [{ fallback: ".hidden/index.html" }, /"fallback"/],
    [{ ignores: ["/api"] }, /"ignores".*fallback/],
    [{ fallback: "index.html", ignores: "/api" }, /"ignores".*\["\/api"/],
    [{ fallback: "index.html", ignores: [5] }, /"ignores"/],
    [{ fallback: "index.html", ignores: ["/"] }, /"ignores"/],
    [{ acceptRanges: "no" }, /"acceptRanges".*true or false/],
    [{ etag: "weak" }, /"etag".*true or false/],
    [{ etag: false, flags: STRONG_ETAG }, /"etag".*STRONG_ETAG/],
    [{ lastModified: 0 }, /"lastModified".*true or false/],
    [{ setHeaders: {} }, /"setHeaders".*function/],
    [{ setHeaders: async () => undefined }, /"setHeaders".*synchronous/],
    [{ maxAge: "1d" }, /"maxAge".*seconds.*86400/],
    [{ maxAge: -1 }, /"maxAge"/],
    [{ maxAge: 1.5 }, /"maxAge"/],
    [{ maxAge: Number.POSITIVE_INFINITY }, /"maxAge"/],
    [{ immutable: true }, /"immutable".*regular expression/],
    [{ maxAge: 60, cacheControl: "no-cache" }, /"cacheControl".*either cacheControl or maxAge/],
    [{ immutable: /x/, cacheControl: () => undefined }, /"cacheControl".*either cacheControl or immutable/],
  ])("%o", async (options, message) => {
    const directory = makeFolder({ "index.html": "x" });
    await startSite((site) => {
      expect(() => Reflect.apply(site.serve, site, [{ directory, ...options }])).toThrow(
        expect.objectContaining({ code: "PKT_OPTION_INVALID", message: expect.stringMatching(message) }),
      );
    });
  });

  test("a fallback that is not a file", async () => {
    const directory = makeFolder({ "sub/a": "x" });
    await startSite((site) => {
      for (const fallback of ["index.html", "sub"])
        expect(() => site.serve({ directory, fallback })).toThrow(
          expect.objectContaining({
            code: "PKT_STATIC_FALLBACK",
            message: expect.stringContaining(fallback),
          }),
        );
    });
  });

  test.each(["extensions", "index", "fallback", "ignores"])("%s of serveFile()", async (option) => {
    const filePath = join(makeFolder({ a: "a" }), "a");
    await startSite((site) => {
      expect(() =>
        Reflect.apply(site.serveFile, site, [{ routePath: "a", filePath, [option]: ["x"] }]),
      ).toThrow(expect.objectContaining({ code: "PKT_OPTION_UNKNOWN" }));
    });
  });
});
