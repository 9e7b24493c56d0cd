import { symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { type Capability, GateOrder, PacketronFileRouterFlags, PacketronHandlerFlags } from "@packetron/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ask, makeFolder, startSite } from "../_site.ts";

afterEach(() => vi.restoreAllMocks());

/** A stand-in for rate limits: each route with the option counts its requests, and refuses those over the limit. */
function counting(): Capability & { readonly routes: string[] } {
  const routes: string[] = [];
  return {
    name: "counting",
    routes,
    install(host) {
      host.routeOption("testLimit", (limit, route) => {
        let count = 0;
        routes.push(String(route));
        host.gate(
          GateOrder.RATE_LIMIT,
          (_request, response) => {
            if (++count > Number(limit)) response.sendStatusCode(429);
          },
          route,
        );
      });
    },
  };
}

/** A stand-in for global plugins, with or without the flag that skips them. */
function globals(claims: boolean): Capability {
  return {
    name: "globals",
    install(host) {
      if (claims) host.flag("handler", "LOCAL_PLUGINS_ONLY", PacketronHandlerFlags.LOCAL_PLUGINS_ONLY);
      host.gate(GateOrder.GLOBAL_PLUGINS, (_request, response) => void response.setHeader("Global", "yes"));
    },
  };
}

describe("endpoint options", () => {
  test("apply to each file separately, for any spelling of its path and for HEAD, too", async () => {
    const directory = makeFolder({ "a b.txt": "a", "b.txt": "b" });
    const count = counting();
    const { server } = await startSite(
      (site) => void Reflect.apply(site.serve, site, [{ directory, pathPrefix: "f", testLimit: 3 }]),
      { capabilities: [count] },
    );
    for (const request of ["GET /f/a%20b.txt", "HEAD /f/a%20b.txt?x", "GET /%66/%61%20b.txt"])
      expect((await ask(server, request)).status).toBe(200);
    expect((await ask(server, "GET /f/a%20b.txt")).status).toBe(429);
    expect((await ask(server, "GET /f/b.txt")).status).toBe(200);
    for (let index = 0; index < 5; index++) expect((await ask(server, `GET /f/no${index}`)).status).toBe(404);
    expect(count.routes).toEqual(["GET /f/*", "GET /f/a b.txt", "GET /f/b.txt"]);
  });

  test("persist after a change and a check of the file", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const clock = vi.spyOn(performance, "now").mockReturnValue(10_000);
    const { server } = await startSite(
      (site) => void Reflect.apply(site.serve, site, [{ directory, testLimit: 1 }]),
      { capabilities: [counting()] },
    );
    expect((await ask(server, "GET /a.txt")).status).toBe(200);
    clock.mockReturnValue(12_000);
    expect((await ask(server, "GET /a.txt")).status).toBe(429);
  });

  test("of a capability that is not installed are refused", async () => {
    const directory = makeFolder();
    await startSite((site) => {
      expect(() => Reflect.apply(site.serve, site, [{ directory, plugins: [] }])).toThrow(
        /@packetron\/plugins/,
      );
    });
  });

  test("refuse a request body over the size limit", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) => site.serve({ directory, maxRequestSizeInBytes: 5 }));
    expect((await ask(server, "GET /a.txt", { "Content-Length": "6" })).status).toBe(413);
  });

  test("with LOCAL_PLUGINS_ONLY skip the global plugins, for files that exist", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const flags = PacketronFileRouterFlags.LOCAL_PLUGINS_ONLY;
    const { server } = await startSite(
      (site) => {
        site.serve({ directory, pathPrefix: "local", flags });
        site.serve({ directory, pathPrefix: "all" });
      },
      { capabilities: [globals(true)] },
    );
    expect((await ask(server, "GET /local/a.txt")).headers["global"]).toBeUndefined();
    expect((await ask(server, "GET /all/a.txt")).headers["global"]).toBe("yes");
    expect(await ask(server, "GET /local/b.txt")).toMatchObject({ status: 404, headers: { global: "yes" } });
  });

  test("accept LOCAL_PLUGINS_ONLY also without plugins", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const flags = PacketronFileRouterFlags.LOCAL_PLUGINS_ONLY;
    const { server } = await startSite((site) => site.serve({ directory, flags }), {
      capabilities: [globals(false)],
    });
    expect((await ask(server, "GET /a.txt")).status).toBe(200);
  });
});

describe("server.serveFile()", () => {
  test("serves one file at its path, with its tag, its sibling and its Cache-Control", async () => {
    const directory = makeFolder({
      "robots.txt": "User-agent: *",
      ".well-known/x": "dot",
      "robots.txt.gz": "GZ",
    });
    symlinkSync(join(directory, "robots.txt"), join(directory, "link"));
    const { server } = await startSite((site) => {
      site.serveFile({
        routePath: "robots.txt",
        filePath: relative(process.cwd(), join(directory, "robots.txt")),
        cacheControl: "no-cache",
      });
      site.serveFile({ routePath: "/.well-known/x", filePath: join(directory, ".well-known/x") });
      site.serveFile({ routePath: "a/:b/*", filePath: join(directory, "link") });
      site.serveFile({ routePath: "/", filePath: join(directory, "robots.txt") });
    });
    const answer = await ask(server, "GET /robots.txt");
    expect(answer).toMatchObject({
      status: 200,
      text: "User-agent: *",
      headers: { "cache-control": "no-cache" },
    });
    expect((await ask(server, "GET /robots.txt", { "Accept-Encoding": "gzip" })).text).toBe("GZ");
    expect(
      (await ask(server, "GET /robots.txt", { "If-None-Match": answer.headers["etag"] ?? "" })).status,
    ).toBe(304);
    expect((await ask(server, "GET /.well-known/x")).text).toBe("dot");
    expect((await ask(server, "GET /a/:b/*")).text).toBe("User-agent: *");
    expect((await ask(server, "GET /a/x/y")).status).toBe(404);
    expect((await ask(server, "GET /")).text).toBe("User-agent: *");
    expect((await ask(server, "GET /robots.txt/")).status).toBe(404);
  });

  test("has precedence over a directory, in either order, but not over a route", async () => {
    const directory = makeFolder({ "a.txt": "directory", "b.txt": "directory", "own.txt": "single" });
    const filePath = join(directory, "own.txt");
    const { server } = await startSite((site) => {
      site.serveFile({ routePath: "a.txt", filePath });
      site.serve({ directory });
      site.serveFile({ routePath: "b.txt", filePath });
      site.handle({ routePath: "c.txt", handler: (_request, response) => response.sendTextPlain("route") });
      site.serveFile({ routePath: "c.txt", filePath });
    });
    for (const [path, text] of [
      ["a.txt", "single"],
      ["b.txt", "single"],
      ["c.txt", "route"],
    ])
      expect((await ask(server, `GET /${path}`)).text).toBe(text);
  });

  test("replaces an earlier file with the same path, and logs a warning", async () => {
    const directory = makeFolder({ "1": "one", "2": "two" });
    const { server, lines } = await startSite((site) => {
      site.serveFile({ routePath: "a", filePath: join(directory, "1") });
      site.serveFile({ routePath: "/a", filePath: join(directory, "2") });
    });
    expect((await ask(server, "GET /a")).text).toBe("two");
    expect(lines).toMatchObject([{ level: "warn", facts: { path: "/a" } }]);
  });
});

test.each([3, null, "a\0b"])("a pathPrefix of %j is refused by serve() and unserve()", async (pathPrefix) => {
  const directory = makeFolder();
  await startSite((site) => {
    for (const call of [site.serve, site.unserve])
      expect(() => Reflect.apply(call, site, [{ directory, pathPrefix }])).toThrow(
        /^Option "pathPrefix": .*, expected a path of URLs such as "static"\.$/,
      );
  });
});

describe("server.unserve()", () => {
  test("matches the resolved directory and the normalised prefix, and returns whether it found them", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) => {
      site.serve({ directory, pathPrefix: "/static/" });
      site.serve({ directory, pathPrefix: "a%20b" });
      site.serve({ directory });
    });
    expect((await ask(server, "GET /static/a.txt")).status).toBe(200);
    expect(server.unserve({ directory, pathPrefix: "other" })).toBe(false);
    expect(server.unserve({ directory: join(directory, ".."), pathPrefix: "static" })).toBe(false);
    const spelled = `${relative(process.cwd(), directory)}/./x/..`;
    expect(server.unserve({ directory: spelled, pathPrefix: "static" })).toBe(true);
    expect(server.unserve({ directory, pathPrefix: "static" })).toBe(false);
    expect((await ask(server, "GET /static/a.txt")).status).toBe(404);
    expect((await ask(server, "GET /a%20b/a.txt")).status).toBe(200);
    expect(server.unserve({ directory, pathPrefix: "/a b/" })).toBe(true);
    expect((await ask(server, "GET /a.txt")).status).toBe(200);
    expect(server.unserve({ directory, pathPrefix: "/" })).toBe(true);
    expect((await ask(server, "GET /a.txt")).status).toBe(404);
  });

  test("removes single files, and refuses a value that is not a path", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) =>
      site.serveFile({ routePath: "a", filePath: join(directory, "a.txt") }),
    );
    expect(server.unserve({ routePath: "b" })).toBe(false);
    expect(server.unserve({ routePath: "/a" })).toBe(true);
    expect((await ask(server, "GET /a")).status).toBe(404);
    for (const wrong of [{}, { directory: 5 }, { routePath: 5 }])
      expect(() => Reflect.apply(server.unserve, server, [wrong])).toThrow(
        expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
      );
  });

  test("and serve() again work while the server runs", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite(() => undefined);
    for (let round = 0; round < 3; round++) {
      server.serve({ directory });
      expect((await ask(server, "GET /a.txt")).status).toBe(200);
      expect(server.unserve({ directory })).toBe(true);
      expect((await ask(server, "GET /a.txt")).status).toBe(404);
    }
  });
});
