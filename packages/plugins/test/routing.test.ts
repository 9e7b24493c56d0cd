import {
  type Capability,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  type RouteOptions,
} from "@packetron/core";
import { route as createRoute } from "@packetron/core/capability";
import { describe, expect, test } from "vitest";
import { PacketronPlugin, plugins } from "../src/index.ts";
import { makeNoter, makeServer, send, startServer } from "./_server.ts";

const { LOCAL_PLUGINS_ONLY } = PacketronHandlerFlags;

describe("LOCAL_PLUGINS_ONLY", () => {
  test("skips the global plugins of a route, not its own", async () => {
    const { ran, note } = makeNoter();
    const { server } = await startServer(
      (made) => {
        const handler: RouteOptions["handler"] = (_request, response) => response.sendOk();
        made.handle({ routePath: "local/:id", flags: LOCAL_PLUGINS_ONLY, plugins: [note("local")], handler });
        made.handle({ routePath: "both", plugins: [note("local")], handler });
      },
      { plugins: [note("global")] },
    );
    for (const [line, order] of [
      ["GET /local/7", ["local"]],
      ["HEAD /local/7", ["local"]],
      ["GET /both", ["global", "local"]],
      ["POST /local/7", ["global"]],
      ["GET /local", ["global"]],
    ] as const) {
      await send(server, line);
      expect([line, ran.splice(0)]).toEqual([line, order]);
    }
  });

  test("is refused with the package to install, where the package is not installed", () => {
    const { server } = makeServer({ capabilities: [] });
    const register = (): unknown =>
      server.handle({ routePath: "a", flags: LOCAL_PLUGINS_ONLY, handler: () => undefined });
    expect(register).toThrow(expect.objectContaining({ code: "PKT_FLAG_UNCLAIMED" }));
    expect(register).toThrow(/npm install @packetron\/plugins, then add plugins\(\)/);
  });
});

describe("a plugin that rewrites request.url", () => {
  test("makes the server route the request again, with its parameters, and the global plugins run once", async () => {
    const { ran, note } = makeNoter();
    const rewrite = note("global", 4, (request) => {
      request.url = request.url?.replace(/^\/old\//, "/new/");
    });
    const { server } = await startServer(
      (made) => {
        made.handle({ routePath: "old/:id", handler: (_request, response) => response.sendStatusCode(410) });
        made.handle({
          routePath: "new/:id",
          flags: LOCAL_PLUGINS_ONLY,
          plugins: [note("local")],
          handler: (request, response) => response.sendJson([request.params.id, request.query]),
        });
      },
      { plugins: [rewrite] },
    );
    expect(await send(server, "GET /old/7?page=2")).toMatchObject({
      status: 200,
      text: '["7",{"page":"2"}]',
    });
    expect(ran).toEqual(["global", "local"]);
  });

  test("gets 400 for a malformed target, and 404 for one without a route", async () => {
    const { server } = await startServer(() => undefined, {
      plugins: [
        PacketronPlugin.create({
          handler: (request) => {
            request.url = request.path === "/bad" ? "/%" : "/missing";
          },
        }),
      ],
    });
    expect((await send(server, "GET /bad")).status).toBe(400);
    expect((await send(server, "GET /other")).status).toBe(404);
  });

  test("as a local plugin stays in its route, and changes request.query", async () => {
    const rewrite = PacketronPlugin.create({
      handler: (request) => {
        request.url = "/elsewhere?a=2";
      },
    });
    const { server } = await startServer((made) =>
      made.handle({
        routePath: "a",
        plugins: [rewrite],
        handler: (request, response) => response.sendJson(request.query["a"]),
      }),
    );
    expect(await send(server, "GET /a?a=1")).toMatchObject({ status: 200, text: '"2"' });
  });
});

describe("a local plugin", () => {
  test("may read the body, which the handler then gets too", async () => {
    const seen: unknown[] = [];
    const { server } = await startServer((made) =>
      made.handle({
        method: PacketronRequestMethod.POST,
        routePath: "a",
        flags: PacketronHandlerFlags.RAW_BODY,
        plugins: [
          PacketronPlugin.create({ handler: async (request) => seen.push(await request.getRawBody()) }),
        ],
        handler: async (request, response) => response.send((await request.getRawBody())?.toString()),
      }),
    );
    expect((await send(server, "POST /a", {}, "signed")).text).toBe("signed");
    expect(seen).toEqual([Buffer.from("signed")]);
  });

  test("does not run for a body whose declared length is too large, while a global plugin does", async () => {
    const { ran, note } = makeNoter();
    const { server } = await startServer(
      (made) =>
        made.handle({
          method: PacketronRequestMethod.POST,
          routePath: "a",
          maxRequestSizeInBytes: 3,
          plugins: [note("local")],
          handler: (_request, response) => response.sendOk(),
        }),
      { plugins: [note("global")] },
    );
    expect((await send(server, "POST /a", {}, "four")).status).toBe(413);
    expect(ran).toEqual(["global"]);
  });
});

test("served files have plugins too, and may skip the global ones", async () => {
  const { ran, note } = makeNoter();
  const files: Capability = {
    name: "files",
    install(host) {
      const handler: RouteOptions["handler"] = (_request, response) => response.sendTextPlain("content");
      const routes = new Map([
        ["/both.txt", createRoute(host, { routePath: "both.txt", plugins: [note("local")], handler })],
        ["/local.txt", createRoute(host, { routePath: "local.txt", flags: LOCAL_PLUGINS_ONLY, handler })],
      ]);
      host.resolver((method, path) => (method === PacketronRequestMethod.GET ? routes.get(path) : undefined));
    },
  };
  const { server } = await startServer(() => undefined, {
    capabilities: [plugins(), files],
    plugins: [note("global")],
  });
  expect((await send(server, "GET /both.txt")).text).toBe("content");
  expect(ran.splice(0)).toEqual(["global", "local"]);
  expect((await send(server, "GET /local.txt")).text).toBe("content");
  expect(ran).toEqual([]);
});
