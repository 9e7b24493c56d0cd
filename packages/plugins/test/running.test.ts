import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Packetron, PacketronRequest, PacketronResponse, PacketronRoute } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { problem } from "../../core/test/_problem.ts";
import { PacketronPlugin, PacketronPluginPriority, type PluginHandler } from "../src/index.ts";
import { makeNoter, makeSignal, send, startServer } from "./_server.ts";

describe("the order of a request", () => {
  test("global plugins run before local ones, those before the handler, each group by priority", async () => {
    const { ran, note } = makeNoter();
    const { server } = await startServer(
      (made) => {
        made.insertGlobalPlugin(note("global high", 6)).insertGlobalPlugin(note("global medium, later"));
        const route = made.handle({
          routePath: "a",
          plugins: [note("local low", 2), note("local highest", 8)],
          handler: (_request, response) => {
            ran.push("handler");
            response.sendOk();
          },
        });
        route.plugins.insert(note("local medium"));
      },
      { plugins: [note("global medium"), note("global low", 0)] },
    );
    expect((await send(server, "GET /a")).status).toBe(200);
    expect(ran).toEqual([
      "global high",
      "global medium",
      "global medium, later",
      "global low",
      "local highest",
      "local medium",
      "local low",
      "handler",
    ]);
  });

  test.each([
    ["an unknown path", "GET /nowhere", 404],
    ["a known path with another method", "PUT /a", 405],
    ["OPTIONS without a route", "OPTIONS /a", 204],
    ["HEAD of a GET route", "HEAD /a", 200],
  ])("global plugins see %s", async (_name, line, status) => {
    const { ran, note } = makeNoter();
    const global = note("global", 4, (_request, response) => response.setHeader("X-Seen", "yes"));
    const { server } = await startServer(
      (made) => made.handle({ routePath: "a", handler: (_request, response) => response.sendOk() }),
      { plugins: [global] },
    );
    const answer = await send(server, line);
    expect([answer.status, answer.headers["x-seen"], ran]).toEqual([status, "yes", ["global"]]);
  });

  test("one instance serves several servers and routes, and setPriority() moves it in all of them", async () => {
    const { ran, note } = makeNoter();
    const shared = note("shared");
    const setUp = (made: Packetron): PacketronRoute =>
      made.handle({
        routePath: "a",
        plugins: [shared, note("local")],
        handler: (_request, response) => response.sendOk(),
      });
    const servers = await Promise.all(
      [1, 2].map(() => startServer(setUp, { plugins: [note("global"), shared] })),
    );
    for (const priority of [PacketronPluginPriority.EXTREMELY_HIGH, PacketronPluginPriority.EXTREMELY_LOW]) {
      shared.setPriority(priority);
      for (const { server } of servers) await send(server, "GET /a");
      const order =
        priority === 8 ? ["shared", "global", "shared", "local"] : ["global", "shared", "local", "shared"];
      expect(ran.splice(0)).toEqual([...order, ...order]);
    }
    shared.remove();
    for (const { server } of servers) await send(server, "GET /a");
    expect(ran).toEqual(["global", "local", "global", "local"]);
  });
});

describe("what a plugin returns", () => {
  const stops: readonly (readonly [name: string, then: PluginHandler])[] = [
    ["true", () => true],
    ["a promise of true", async () => true],
  ];
  const continues: readonly (readonly [name: string, then: PluginHandler])[] = [
    ["undefined", () => undefined],
    ["false", () => false],
    ["null", () => null],
    ["1", () => 1],
    ['"true"', () => "true"],
    ["an object", () => ({})],
    ["a Boolean object", () => Object(true)],
    ["a function", () => () => true],
    ["a promise of 1", async () => 1],
    ["a promise of nothing", async () => undefined],
  ];

  describe.each(["global", "local"])("as a %s one", (place) => {
    async function run(then: PluginHandler) {
      const { ran, note } = makeNoter();
      const list = [note("first", 6, then), note("second")];
      const { server, lines } = await startServer(
        (made) =>
          made.handle({
            routePath: "a",
            plugins: place === "local" ? list : [],
            handler: (_request, response) => {
              ran.push("handler");
              response.sendOk();
            },
          }),
        { plugins: place === "global" ? list : [] },
      );
      const answer = await send(server, "GET /a");
      return { answer, ran, lines };
    }

    test.each(stops)("%s stops the chain", async (_name, then) => {
      const { answer, ran } = await run((request, response) => {
        response.sendStatusCode(401);
        return then(request, response);
      });
      expect([answer.status, ran]).toEqual([401, ["first"]]);
    });

    test.each(stops)("%s stops the chain also when the answer is sent later", async (_name, then) => {
      const { answer, ran } = await run((request, response) => {
        setImmediate(() => response.sendStatusCode(403));
        return then(request, response);
      });
      expect([answer.status, ran]).toEqual([403, ["first"]]);
    });

    test.each(continues)("%s lets the chain continue", async (_name, then) => {
      const { answer, ran } = await run(then);
      expect([answer.status, ran]).toEqual([200, ["first", "second", "handler"]]);
    });

    test.each<readonly [name: string, then: PluginHandler]>([
      ["at once", (_request, response) => response.sendStatusCode(402)],
      ["before its promise resolves", async (_request, response) => response.sendStatusCode(402)],
    ])("a response that has ended %s stops the chain", async (_name, then) => {
      const { answer, ran } = await run(then);
      expect([answer.status, ran]).toEqual([402, ["first"]]);
    });

    test.each<readonly [name: string, then: PluginHandler]>([
      [
        "a throw",
        () => {
          throw new Error("secret");
        },
      ],
      ["a rejection", () => Promise.reject(new Error("secret"))],
      ["a rejection with null", () => Promise.reject(null)],
      [
        "a rejection after a while",
        async () => {
          await nextTurn();
          throw new Error("secret");
        },
      ],
    ])("%s is a plain 500, logged once, and stops the chain", async (_name, then) => {
      const { answer, ran, lines } = await run(then);
      expect([answer.status, answer.text, ran]).toEqual([500, problem(500), ["first"]]);
      expect(lines).toEqual([expect.stringMatching(/failed$/)]);
    });
  });

  test("true without an answer keeps the request open until the client disconnects, and leaves nothing in memory", async () => {
    const left = makeSignal();
    const { server } = await startServer(() => undefined, {
      plugins: [
        PacketronPlugin.create({
          handler(request, response) {
            if (request.path !== "/silent") return;
            response.once("close", left.open);
            return true;
          },
        }),
      ],
    });
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET /silent HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "connect");
    expect((await send(server, "GET /other")).status).toBe(404);
    socket.destroy();
    await left.opened;
    expect((await send(server, "GET /other")).status).toBe(404);
  });
});

test("synchronous plugins stay synchronous: the handler runs before any promise job", async () => {
  const { note } = makeNoter();
  let jobs = 0;
  const first = note("first", 8, () => {
    queueMicrotask(() => jobs++);
  });
  const { server } = await startServer(
    (made) =>
      made.handle({
        routePath: "a",
        plugins: [note("local"), note("another")],
        handler: (_request, response) => response.sendJson(jobs),
      }),
    { plugins: [first, note("global")] },
  );
  expect((await send(server, "GET /a")).text).toBe("0");
});

describe("a request under way", () => {
  test.each(["global", "local"])("keeps the %s list it started with, despite changes", async (place) => {
    const { ran, note } = makeNoter();
    const [entered, released] = [makeSignal(), makeSignal()];
    const waiting = note("waiting", 8, async () => {
      entered.open();
      await released.opened;
    });
    const [kept, moved, removed] = [note("kept", 5), note("moved", 3), note("removed", 4)];
    const list = [waiting, kept, moved, removed];
    const { server } = await startServer(
      (made) =>
        made.handle({
          routePath: "a",
          plugins: place === "local" ? list : [],
          handler: (_request, response) => response.sendOk(),
        }),
      { plugins: place === "global" ? list : [] },
    );
    const answer = send(server, "GET /a");
    await entered.opened;
    moved.setPriority(7);
    removed.remove();
    waiting.remove();
    released.open();
    expect((await answer).status).toBe(200);
    expect(ran.splice(0)).toEqual(["waiting", "kept", "removed", "moved"]);
    await send(server, "GET /a");
    expect(ran).toEqual(["moved", "kept"]);
  });

  test("may change the list that it runs in: the change applies to the next request", async () => {
    const { ran, note } = makeNoter();
    const { server } = await startServer(() => undefined);
    const once = note("once", 6, () => void once.remove());
    const adding = note("adding", 5, () => {
      if (server.globalPlugins.size < 3) server.insertGlobalPlugin(note("added", 4));
    });
    server.globalPlugins.insert(once, adding);
    await send(server, "GET /");
    expect(ran.splice(0)).toEqual(["once", "adding"]);
    await send(server, "GET /");
    expect(ran).toEqual(["adding", "added"]);
  });
});

test("a plugin gets the request and the response that the handler gets", async () => {
  const seen: (PacketronRequest | PacketronResponse)[][] = [];
  const watch: PluginHandler = (...exchange) => void seen.push(exchange);
  const { server } = await startServer(
    (made) =>
      made.handle({
        routePath: "a",
        plugins: [PacketronPlugin.create({ handler: watch })],
        handler: (request, response) => {
          seen.push([request, response]);
          response.sendOk();
        },
      }),
    { plugins: [PacketronPlugin.create({ handler: watch })] },
  );
  await send(server, "GET /a");
  expect(new Set(seen.map(([request]) => request)).size).toBe(1);
  expect(new Set(seen.map(([, response]) => response)).size).toBe(1);
  expect(seen).toHaveLength(3);
});
