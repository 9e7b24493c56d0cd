import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { PacketronFileRouterFlags, PacketronRequestMethod, PacketronServerFlags } from "@packetron/core";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ask, makeFolder, startSite, write } from "../_site.ts";

const { INDEX_HTML, NON_RECURSIVE, NO_DIRECTORY_STRUCTURE, SERVE_DOTFILES, LOCAL_PLUGINS_ONLY } =
  PacketronFileRouterFlags;

afterEach(() => vi.restoreAllMocks());

/** Requests paths with GET, and returns the statuses. */
async function statuses(server: Parameters<typeof ask>[0], paths: readonly string[]): Promise<number[]> {
  const answers: number[] = [];
  for (const path of paths) answers.push((await ask(server, `GET ${path}`)).status);
  return answers;
}

describe("a served directory", () => {
  test.each(["static", "/static", "static/", "/static/"])("takes the prefix %s", async (pathPrefix) => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) => site.serve({ directory, pathPrefix }));
    expect(
      await statuses(server, ["/static/a.txt", "/a.txt", "/staticx/a.txt", "/static", "/static/"]),
    ).toEqual([200, 404, 404, 404, 404]);
  });

  test("takes prefixes of any characters literally", async () => {
    const directory = makeFolder({
      "a b.txt": "a",
      "ü.txt": "u",
      ":id": "colon",
      "*": "star",
      "100%": "percent",
    });
    const { server } = await startSite((site) => site.serve({ directory, pathPrefix: ":x/*/ä" }));
    const paths = ["a%20b.txt", "%C3%BC.txt", ":id", "*", "100%25"].map((name) => `/:x/*/%C3%A4/${name}`);
    expect(await statuses(server, paths)).toEqual([200, 200, 200, 200, 200]);
    expect((await ask(server, "GET /y/z/%C3%A4/*")).status).toBe(404);
  });

  test.each(["a//b", "../up", "a/./b", "%zz", "a?b"])("refuses the prefix %s", async (pathPrefix) => {
    const directory = makeFolder();
    await startSite((site) => {
      expect(() => site.serve({ directory, pathPrefix })).toThrow(
        expect.objectContaining({ code: "PKT_ROUTE_PATH" }),
      );
    });
  });

  test("answers GET and HEAD, and another method with 405 and Allow", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) => site.serve({ directory }));
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const refused = await ask(server, `${method} /a.txt`, { "Content-Length": "0" });
      expect([refused.status, refused.headers["allow"]]).toEqual([405, "GET, HEAD, OPTIONS"]);
      expect((await ask(server, `${method} /missing`, { "Content-Length": "0" })).status).toBe(404);
    }
    expect((await ask(server, "OPTIONS /a.txt")).headers["allow"]).toBe("GET, HEAD, OPTIONS");
  });

  test("gives way to a route, in either order, and answers again after the route is removed", async () => {
    const directory = makeFolder({ "a.txt": "file a", "b.txt": "file b" });
    const { server } = await startSite((site) => {
      site.handle({ routePath: "a.txt", handler: (_request, response) => response.end("route a") });
      site.serve({ directory });
    });
    const route = server.handle({
      routePath: "b.txt",
      handler: (_request, response) => response.end("route b"),
    });
    expect((await ask(server, "GET /a.txt")).raw.toString()).toContain("route a");
    expect((await ask(server, "GET /b.txt")).raw.toString()).toContain("route b");
    route.remove();
    expect((await ask(server, "GET /b.txt")).text).toBe("file b");
  });

  test("never calls the public handle(), which users replace", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) => {
      site.handle = () => {
        throw new Error("called");
      };
      site.serve({ directory, maxRequestSizeInBytes: 5 });
      site.serveFile({ routePath: "b", filePath: join(directory, "a.txt") });
    });
    expect(await statuses(server, ["/a.txt", "/b"])).toEqual([200, 200]);
  });

  test("hides names that begin with a dot, at any depth, unless SERVE_DOTFILES is set", async () => {
    const files = {
      ".env": "secret",
      ".git/config": "secret",
      "a/.hidden": "secret",
      "a/b..c": "fine",
      "a.": "fine",
    };
    const directory = makeFolder(files);
    const { server } = await startSite((site) => {
      site.serve({ directory });
      site.serve({ directory, pathPrefix: "all", flags: SERVE_DOTFILES });
    });
    const paths = ["/.env", "/.git/config", "/a/.hidden", "/a/b..c", "/a.", "/%2eenv"];
    expect(await statuses(server, paths)).toEqual([404, 404, 404, 200, 200, 404]);
    expect(
      await statuses(
        server,
        paths.map((path) => `/all${path}`),
      ),
    ).toEqual([200, 200, 200, 200, 200, 200]);
  });

  test("follows links inside of it, but no link that leads out", async () => {
    const outside = makeFolder({ "secret.txt": "secret", "folder/secret.txt": "secret" });
    const directory = makeFolder({ "real/a.txt": "a", "..data/b.txt": "b" });
    symlinkSync(join(outside, "secret.txt"), join(directory, "out.txt"));
    symlinkSync(join(outside, "folder"), join(directory, "out"));
    symlinkSync("../../../../../../etc/passwd", join(directory, "passwd"));
    symlinkSync("real/a.txt", join(directory, "in.txt"));
    symlinkSync("real", join(directory, "in"));
    symlinkSync("..data/b.txt", join(directory, "kubernetes.txt"));
    symlinkSync("loop", join(directory, "loop"));
    symlinkSync("nowhere", join(directory, "dangling"));
    const { server } = await startSite((site) => site.serve({ directory }));
    const hidden = ["/out.txt", "/out/secret.txt", "/passwd", "/loop", "/dangling"];
    expect(await statuses(server, hidden)).toEqual([404, 404, 404, 404, 404]);
    expect(await statuses(server, ["/in.txt", "/in/a.txt", "/kubernetes.txt"])).toEqual([200, 200, 200]);
  });

  test("does not serve another directory whose name begins with its name", async () => {
    const parent = makeFolder({ "public/a.txt": "a", "public-secret/b.txt": "secret" });
    symlinkSync(join(parent, "public-secret", "b.txt"), join(parent, "public", "b.txt"));
    const { server } = await startSite((site) => site.serve({ directory: join(parent, "public") }));
    expect(await statuses(server, ["/a.txt", "/b.txt"])).toEqual([200, 404]);
  });

  test("may be a link itself, whose target may change", async () => {
    const parent = makeFolder({ "v1/a.txt": "one", "v2/a.txt": "two" });
    const current = join(parent, "current");
    symlinkSync("v1", current);
    const clock = vi.spyOn(performance, "now");
    clock.mockReturnValue(10_000);
    const { server } = await startSite((site) => site.serve({ directory: current }));
    expect((await ask(server, "GET /a.txt")).text).toBe("one");
    rmSync(current);
    symlinkSync("v2", current);
    clock.mockReturnValue(11_000);
    expect((await ask(server, "GET /a.txt")).text).toBe("two");
  });

  test.runIf(process.platform === "linux")(
    "serves only regular files, and never waits for a FIFO",
    async () => {
      const directory = makeFolder({ "a.txt": "a" });
      execFileSync("mkfifo", [join(directory, "fifo")]);
      symlinkSync("fifo", join(directory, "link-to-fifo"));
      symlinkSync("/dev/zero", join(directory, "zero"));
      mkdirSync(join(directory, "folder"));
      const socket = createServer().listen(join(directory, "socket"));
      onTestFinished(() => void socket.close());
      const { server } = await startSite((site) => site.serve({ directory }));
      const long = "x".repeat(300);
      const names = [
        "fifo",
        "link-to-fifo",
        "zero",
        "folder",
        "folder/",
        "socket",
        "a.txt/",
        "a.txt/b",
        long,
        `${"y/".repeat(3000)}z`,
      ];
      expect(
        await statuses(
          server,
          names.map((name) => `/${name}`),
        ),
      ).toEqual(names.map(() => 404));
      for (const name of ["fifo", "folder", "missing"]) {
        server.handle({
          routePath: `send/${name}`,
          handler: (_request, response) => response.sendFile(join(directory, name)),
        });
        expect((await ask(server, `GET /send/${name}`)).status).toBe(404);
      }
    },
  );

  test("answers with index.html for its directories only with INDEX_HTML", async () => {
    const directory = makeFolder({ "index.html": "top", "sub/index.html": "sub", "bare/a.txt": "a" });
    const { server } = await startSite((site) => {
      site.serve({ directory, pathPrefix: "plain" });
      site.serve({ directory, pathPrefix: "site", flags: INDEX_HTML });
      site.serve({ directory, pathPrefix: "top", flags: INDEX_HTML | NON_RECURSIVE });
    });
    expect(await statuses(server, ["/plain", "/plain/", "/plain/sub/", "/plain/index.html"])).toEqual([
      404, 404, 404, 200,
    ]);
    for (const [path, text] of [
      ["/site/", "top"],
      ["/site/sub/", "sub"],
      ["/top/", "top"],
    ])
      expect(await ask(server, `GET ${path}`)).toMatchObject({ status: 200, text });
    expect((await ask(server, "GET /site/sub/")).headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(await statuses(server, ["/site/bare", "/site/bare/", "/top/sub/", "/top/sub"])).toEqual([
      404, 404, 404, 404,
    ]);
  });

  test("of the root answers / with its index", async () => {
    const directory = makeFolder({ "index.html": "top" });
    const { server } = await startSite((site) => site.serve({ directory, flags: INDEX_HTML }));
    expect((await ask(server, "GET /?utm=1")).text).toBe("top");
  });

  test("answers without the trailing slash on a server that ignores it", async () => {
    const directory = makeFolder({ "a.txt": "a", "sub/index.html": "sub" });
    const { server } = await startSite((site) => site.serve({ directory, flags: INDEX_HTML }), {
      server: { flags: PacketronServerFlags.IGNORE_TRAILING_SLASH },
    });
    expect(await statuses(server, ["/a.txt/", "/sub/", "/sub"])).toEqual([200, 200, 200]);
  });

  test("with NON_RECURSIVE does not serve subdirectories", async () => {
    const directory = makeFolder({ "a.txt": "a", "sub/b.txt": "b" });
    const { server } = await startSite((site) => site.serve({ directory, flags: NON_RECURSIVE }));
    expect(await statuses(server, ["/a.txt", "/sub/b.txt"])).toEqual([200, 404]);
  });

  test("with a Cache-Control function calls it for each file", async () => {
    const directory = makeFolder({ "app.1a2b3c.js": "a", "index.html": "b" });
    const cacheControl = (path: string) =>
      /\.[0-9a-f]{6}\./.test(path) ? "max-age=31536000, immutable" : undefined;
    const { server } = await startSite((site) => site.serve({ directory, cacheControl }));
    expect((await ask(server, "GET /app.1a2b3c.js")).headers["cache-control"]).toBe(
      "max-age=31536000, immutable",
    );
    expect((await ask(server, "GET /index.html")).headers["cache-control"]).toBeUndefined();
  });

  test("replaces an earlier one with the same path, and serving the same directory again logs a warning", async () => {
    const [one, two] = [makeFolder({ "a.txt": "one", "b.txt": "one" }), makeFolder({ "a.txt": "two" })];
    const { server, lines } = await startSite((site) => {
      site.serve({ directory: one });
      site.serve({ directory: two });
    });
    expect((await ask(server, "GET /a.txt")).text).toBe("two");
    expect((await ask(server, "GET /b.txt")).text).toBe("one");
    expect(lines).toEqual([]);
    server.serve({ directory: one });
    expect((await ask(server, "GET /a.txt")).text).toBe("one");
    expect(lines).toMatchObject([
      { level: "warn", message: "the path is served twice: the last registration replaces the first" },
    ]);
  });

  test.each<readonly [name: string, options: object, code: string]>([
    ["no directory", { directory: undefined }, "PKT_OPTION_INVALID"],
    ["an empty directory", { directory: "" }, "PKT_OPTION_INVALID"],
    ["a NUL", { directory: "a\0b" }, "PKT_OPTION_INVALID"],
    ["a prefix that is not a string", { pathPrefix: 5 }, "PKT_OPTION_INVALID"],
    ["an unknown option", { maxage: 5 }, "PKT_OPTION_UNKNOWN"],
    ["a handler", { handler: () => undefined }, "PKT_OPTION_UNKNOWN"],
    ["a method", { method: PacketronRequestMethod.POST }, "PKT_OPTION_UNKNOWN"],
    ["unknown flags", { flags: 1 << 12 }, "PKT_FLAG_UNKNOWN"],
    ["flags that are not a number", { flags: "INDEX_HTML" }, "PKT_OPTION_INVALID"],
    ["a broken Cache-Control", { cacheControl: "a\r\nb" }, "PKT_OPTION_INVALID"],
    ["a Cache-Control that is not a string", { cacheControl: 60 }, "PKT_OPTION_INVALID"],
    ["a size limit that is not a number", { maxRequestSizeInBytes: "1mb" }, "PKT_OPTION_INVALID"],
  ])("refuses %s in serve()", async (_name, options, code) => {
    const directory = makeFolder();
    await startSite((site) => {
      expect(() => Reflect.apply(site.serve, site, [{ directory, ...options }])).toThrow(
        expect.objectContaining({ code }),
      );
    });
  });

  test("accepts the options of the original's README", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) => {
      site.serve({
        directory,
        pathPrefix: "static",
        flags: NON_RECURSIVE | LOCAL_PLUGINS_ONLY,
        maxRequestSizeInBytes: null,
      });
    });
    expect((await ask(server, "GET /static/a.txt")).text).toBe("a");
  });
});

describe("NO_DIRECTORY_STRUCTURE", () => {
  test("serves files by their base name; of equal names the first in sorted order, with one warning", async () => {
    const files = {
      "b/same.txt": "b",
      "a/same.txt": "a",
      "a/deep/er/one.txt": "one",
      "top.txt": "top",
      ".x/hidden.txt": "h",
    };
    const directory = makeFolder(files);
    const { server, lines } = await startSite((site) =>
      site.serve({ directory, pathPrefix: "f", flags: NO_DIRECTORY_STRUCTURE }),
    );
    expect(lines).toMatchObject([{ level: "warn", facts: { directory, count: 1, hidden: ["b/same.txt"] } }]);
    for (const [name, text] of [
      ["same.txt", "a"],
      ["one.txt", "one"],
      ["top.txt", "top"],
    ])
      expect(await ask(server, `GET /f/${name}`)).toMatchObject({ status: 200, text });
    expect(await statuses(server, ["/f/a/same.txt", "/f/hidden.txt", "/f/a", "/f/deep"])).toEqual([
      404, 404, 404, 404,
    ]);
    expect(lines).toHaveLength(1);
  });

  test("follows new and removed files within a second, also in new folders", async () => {
    const directory = makeFolder({ "a/one.txt": "one" });
    const clock = vi.spyOn(performance, "now").mockReturnValue(10_000);
    const { server } = await startSite((site) => site.serve({ directory, flags: NO_DIRECTORY_STRUCTURE }));
    expect(await statuses(server, ["/one.txt", "/two.txt"])).toEqual([200, 404]);
    write(join(directory, "new/two.txt"), "two");
    rmSync(join(directory, "a/one.txt"));
    clock.mockReturnValue(11_000);
    expect(await statuses(server, ["/one.txt", "/two.txt"])).toEqual([404, 200]);
  });

  test("does not let a link that leads out hide a file with the same name", async () => {
    const directory = makeFolder({ "b/a.txt": "right" });
    mkdirSync(join(directory, "a"));
    symlinkSync("/etc/passwd", join(directory, "a/a.txt"));
    const { server, lines } = await startSite((site) =>
      site.serve({ directory, flags: NO_DIRECTORY_STRUCTURE }),
    );
    expect((await ask(server, "GET /a.txt")).text).toBe("right");
    expect(lines).toEqual([]);
  });

  test("with NON_RECURSIVE and INDEX_HTML serves the files at the top and their index", async () => {
    const directory = makeFolder({ "index.html": "top", "a/b.txt": "b" });
    const flags = NO_DIRECTORY_STRUCTURE | NON_RECURSIVE | INDEX_HTML;
    const { server } = await startSite((site) => site.serve({ directory, pathPrefix: "f", flags }));
    expect((await ask(server, "GET /f/")).text).toBe("top");
    expect((await ask(server, "GET /f/b.txt")).status).toBe(404);
  });
});
