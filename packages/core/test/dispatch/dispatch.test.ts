import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Around,
  type Capability,
  type CapabilityHost,
  type Gate,
  GateOrder,
} from "../../src/capability/contract.ts";
import { route as createRoute } from "../../src/capability/index.ts";
import { PacketronHandlerFlags, PacketronServerFlags } from "../../src/config/flags.ts";
import { PacketronError } from "../../src/errors/errors.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import type { Handler } from "../../src/routing/route-options.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { problem } from "../_problem.ts";
import { RawClient } from "../_raw.ts";
import { makeSignal } from "../_routes.ts";
import { type Answer, send, startServer } from "../_server.ts";

const { GET, POST, PUT, HEAD, OPTIONS } = PacketronRequestMethod;

/** Answers with a fixed text. */
function say(text: string): Handler {
  return (_request, response) => response.end(text);
}

/** Answers with the canonical path, the route and the parameters. */
const describeRequest: Handler = (request, response) => {
  response.end(
    JSON.stringify({ path: request.path, route: request.route?.path ?? null, params: request.params }),
  );
};

function capability(name: string, install: (host: CapabilityHost) => void): Capability {
  return { name, install };
}

/** A fake of the package of global plugins: it claims the flag that skips them. */
function gates(...list: readonly [order: number, gate: Gate][]): Capability {
  return capability("gates", (host) => {
    host.flag("handler", "LOCAL_PLUGINS_ONLY", PacketronHandlerFlags.LOCAL_PLUGINS_ONLY);
    for (const [order, gate] of list) host.gate(order, gate);
  });
}

/** Replaces the URL by the value in its query. */
const rewrite: Gate = (request) => {
  const [, target] = request.url?.split("?to=") ?? [];
  if (target !== undefined) request.url = target;
};

/** Throws any value, as JavaScript allows. */
function fail(value: unknown): never {
  throw value;
}

/** Marks the answer, so that a test sees which gates ran, in order. */
function mark(name: string): Gate {
  return (_request, response) => void response.appendHeader("Gate", name);
}

describe("a request that no route answers", () => {
  const setUp = (server: Packetron): void => {
    server.handle({ routePath: "get", handler: say("get") });
    server.handle({ routePath: "both", handler: say("get") });
    server.handle({ routePath: "both", method: POST, handler: say("post") });
    server.handle({ routePath: "users/:id", method: PUT, handler: say("put") });
    server.handle({ routePath: "own", method: OPTIONS, handler: say("own options") });
    server.handle({ routePath: "headed", method: HEAD, handler: say("") });
  };

  test.each<[requestLine: string, status: number, allow: string | undefined]>([
    ["GET /nothing", 404, undefined],
    ["POST /nothing", 404, undefined],
    ["OPTIONS /nothing", 404, undefined],
    ["HEAD /nothing", 404, undefined],
    ["GET /get/", 404, undefined],
    ["GET /GET", 404, undefined],
    ["GET //get", 404, undefined],
    ["GET /./get", 404, undefined],
    ["GET /x/../get", 404, undefined],
    ["GET /%2e/get", 404, undefined],
    ["GET /users%2F5", 404, undefined],
    ["GET /get%01", 404, undefined],
    ["GET /get%00", 400, undefined],
    ["GET /get%0d%0aX:y", 400, undefined],
    ["GET /get\\", 400, undefined],
    ["GET /..%5Cget", 400, undefined],
    ["GET /../get%5c", 400, undefined],
    ["GET http://localhost/get%00", 400, undefined],
    ["POST //both", 404, undefined],
    ["POST /get", 405, "GET, HEAD, OPTIONS"],
    ["POST /get?x=1", 405, "GET, HEAD, OPTIONS"],
    ["DELETE /both", 405, "GET, POST, HEAD, OPTIONS"],
    ["PATCH /%62oth", 405, "GET, POST, HEAD, OPTIONS"],
    ["GET /users/5", 405, "PUT, OPTIONS"],
    ["HEAD /users/5", 405, "PUT, OPTIONS"],
    ["GET /own", 405, "OPTIONS"],
    ["GET /headed", 405, "HEAD, OPTIONS"],
    ["OPTIONS /get", 204, "GET, HEAD, OPTIONS"],
    ["OPTIONS /users/5", 204, "PUT, OPTIONS"],
    ["OPTIONS *", 204, "GET, POST, PUT, DELETE, HEAD, PATCH, OPTIONS"],
    ["GET *", 400, undefined],
    ["GET /%", 400, undefined],
    ["GET /%c0%af", 400, undefined],
    ["GET /a#b", 400, undefined],
    ["GET /get?a#b", 400, undefined],
    ["TRACE /get", 501, undefined],
    ["QUERY /get", 501, undefined],
  ])(
    "%s is %i with Allow: %s, and a problem document unless it has no content",
    async (requestLine, status, allow) => {
      const { server } = await startServer(setUp);
      const answer = await send(server, requestLine);
      expect(answer.status).toBe(status);
      expect(answer.header("Allow")).toBe(allow);
      const fields = allow === undefined ? {} : { allow: allow.split(", ") };
      const isEmpty = status === 204 || requestLine.startsWith("HEAD");
      expect(answer.text).toBe(isEmpty ? "" : problem(status, fields));
      expect(answer.header("Content-Type")).toBe(status === 204 ? undefined : "application/problem+json");
      expect(answer.header("Date")).toBeDefined();
    },
  );

  test("is answered by the OPTIONS route, where there is one", async () => {
    const { server } = await startServer(setUp);
    expect(await send(server, "OPTIONS /own")).toMatchObject({ status: 200, text: "own options" });
  });

  test("has no route and no parameters left over from the look-up of other methods", async () => {
    const seen: unknown[] = [];
    const look: Gate = (request, response) => {
      const note = (): void => void seen.push(request.path, request.route, { ...request.params });
      note();
      response.on("finish", note);
    };
    const { server } = await startServer(setUp, { capabilities: [gates([GateOrder.EARLY, look])] });
    expect((await send(server, "GET /users/5")).status).toBe(405);
    expect(seen.splice(0)).toEqual(["/users/5", null, {}, "/users/5", null, {}]);
    expect((await send(server, "OPTIONS *")).status).toBe(204);
    expect(seen).toEqual(["*", null, {}, "*", null, {}]);
  });
});

describe("HEAD", () => {
  test("is answered by the GET route with the same headers and no body", async () => {
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "a/:id",
        handler: (request, response) => {
          response.setHeader("X-Id", request.params.id);
          response.sendTextPlain("some text");
        },
      });
    });
    const get = await send(server, "GET /a/5");
    const head = await send(server, "HEAD /a/5");
    const withoutDate = ({ raw }: typeof get) => [...raw.headers].filter(([name]) => name !== "date");
    expect(get.text).toBe("some text");
    expect(head.text).toBe("");
    expect(head.status).toBe(200);
    expect(head.header("X-Id")).toBe("5");
    expect(withoutDate(head)).toEqual(withoutDate(get));
  });
});

describe("the path of a request", () => {
  test.each<[target: string, path: string]>([
    ["/hello", "/hello"],
    ["/hello?a=b", "/hello"],
    ["/%68ello", "/hello"],
    ["http://localhost/hello?a", "/hello"],
  ])("%s reaches its route as %s, and request.url stays raw", async (target, path) => {
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "hello",
        handler: (request, response) => response.end(`${request.path} ${request.url}`),
      });
    });
    expect((await send(server, `GET ${target}`)).text).toBe(`${path} ${target}`);
  });

  test("is decoded once, in the path and in the parameters", async () => {
    const { server } = await startServer((server) => {
      server.handle({ routePath: "café/:name", handler: describeRequest });
    });
    const expected = { path: "/café/é%41", route: "/café/:name", params: { name: "é%41" } };
    expect(JSON.parse((await send(server, "GET /caf%C3%A9/%c3%a9%2541")).text)).toEqual(expected);
  });

  test("is taken literally by a route with an exact path", async () => {
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "a/:id/*",
        flags: PacketronHandlerFlags.EXACT_PATH,
        handler: describeRequest,
      });
    });
    expect((await send(server, "GET /a/5/b")).status).toBe(404);
    expect(JSON.parse((await send(server, "GET /a/:id/*")).text)).toEqual({
      path: "/a/:id/*",
      route: "/a/:id/*",
      params: {},
    });
  });

  test("gives parameters without a prototype, also to a route without any", async () => {
    const prototypes: unknown[] = [];
    const look: Handler = (request, response) => {
      prototypes.push(Object.getPrototypeOf(request.params));
      response.end();
    };
    const { server } = await startServer((server) => {
      server.handle({ routePath: "exact", handler: look });
      server.handle({ routePath: ":__proto__", handler: look });
    });
    await send(server, "GET /exact");
    await send(server, "GET /x");
    expect(prototypes).toEqual([null, null]);
  });
});

describe("a gate that guards a path", () => {
  /** Spellings of `/admin/secret` by an attacker: other encodings, dot segments, slashes, cases, raw bytes. */
  const spelling = fc
    .array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.constantFrom("/admin", "/secret", "/%61dmin", "/s%65cret", "/public", ""),
        },
        fc.constantFrom(
          "/",
          "//",
          "/.",
          "/..",
          "/%2e",
          "/%2E%2e",
          "%2F",
          "%5c",
          "\\",
          ";",
          "?",
          "#",
          "%00",
          "%20",
          "*",
        ),
        fc.constantFrom(
          "%c0%af",
          "%c0%ae",
          "%ef%bc%8f",
          "%u002f",
          "%252f",
          "%",
          "/Admin",
          "/SECRET",
          "http://localhost",
          ".",
        ),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(""));

  test("sees every request that reaches a route below it, for any spelling of the path", async () => {
    const guard: Gate = (request, response) => {
      if (!request.path.startsWith("/admin/")) return false;
      response.statusCode = 403;
      response.end();
      return true;
    };
    const { server } = await startServer(
      (server) => {
        server.handle({ routePath: "admin/secret", handler: say("secret") });
        server.handle({ routePath: "admin/*", handler: say("secret") });
        server.handle({ routePath: "public", handler: say("public") });
      },
      { capabilities: [gates([GateOrder.GLOBAL_PLUGINS, guard])] },
    );
    await fc.assert(
      fc.asyncProperty(spelling, async (target) => {
        const answer = await send(server, `GET ${target.replaceAll(" ", "")}`);
        expect([200, 400, 403, 404]).toContain(answer.status);
        expect(["", "public", problem(400), problem(404)]).toContain(answer.text);
      }),
      {
        numRuns: 300,
        examples: [["/admin/secret"], ["/%61dmin/secret"], ["/public/../admin/secret"], ["/admin%2fsecret"]],
      },
    );
    expect((await send(server, "GET /admin/secret")).status).toBe(403);
    expect((await send(server, "GET /public")).text).toBe("public");
  });
});

describe("IGNORE_TRAILING_SLASH", () => {
  const options = { flags: PacketronServerFlags.IGNORE_TRAILING_SLASH };

  test.each<[routePath: string, targets: readonly string[]]>([
    ["a", ["/a", "/a/", "/a/?x", "/%61/"]],
    ["a/", ["/a", "/a/"]],
    ["users/:id", ["/users/5", "/users/5/"]],
    ["users/:id/", ["/users/5", "/users/5/"]],
    ["/", ["/", "/?x"]],
    ["*", ["/", "/a", "/a/"]],
    ["files/*", ["/files", "/files/", "/files/a", "/files/a/"]],
  ])("makes %j answer %j", async (routePath, targets) => {
    const { server } = await startServer((server) => {
      server.handle({ routePath, handler: say("found") });
    }, options);
    for (const target of targets) expect((await send(server, `GET ${target}`)).text, target).toBe("found");
    for (const target of targets) expect((await send(server, `POST ${target}`)).status, target).toBe(405);
  });

  test("still refuses an empty inner segment", async () => {
    const { server } = await startServer((server) => {
      server.handle({ routePath: "a", handler: say("found") });
    }, options);
    for (const target of ["/a//", "//a", "//"])
      expect((await send(server, `GET ${target}`)).status).toBe(404);
  });

  test("makes two routes that differ in the slash one route, with a warning", async () => {
    const { server, lines } = await startServer((server) => {
      server.handle({ routePath: "a", handler: say("first") });
      server.handle({ routePath: "a/", handler: say("second") });
    }, options);
    expect((await send(server, "GET /a")).text).toBe("second");
    expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });
});

describe("the gates of a server", () => {
  test("run by ascending order, before those of the route and the handler", async () => {
    const routeGates = capability("route-gates", (host) => {
      host.routeOption("marks", (_value, route) => {
        host.gate(GateOrder.LOCAL_PLUGINS, mark("local"), route);
        host.gate(GateOrder.RATE_LIMIT, mark("rate"), route);
      });
    });
    const { server } = await startServer(
      (server) => {
        const options = { routePath: "a", handler: say("done"), marks: true };
        server.handle(options);
      },
      {
        capabilities: [
          gates(
            [GateOrder.LATE, mark("late")],
            [GateOrder.GLOBAL_PLUGINS, mark("global")],
            [GateOrder.EARLY, mark("early")],
          ),
          routeGates,
        ],
      },
    );
    const answer = await send(server, "GET /a");
    expect(answer.raw.headers.get("gate")).toEqual(["early", "global", "late", "rate", "local"]);
    expect(answer.text).toBe("done");
  });

  test.each(["GET /nothing", "POST /a", "OPTIONS /a", "OPTIONS *", "GET //a"])(
    "run for %s, too, which no route answers",
    async (requestLine) => {
      const { server } = await startServer(
        (server) => void server.handle({ routePath: "a", handler: say("done") }),
        { capabilities: [gates([GateOrder.GLOBAL_PLUGINS, mark("global")])] },
      );
      expect((await send(server, requestLine)).header("Gate")).toBe("global");
    },
  );

  test("see path, route and parameters", async () => {
    const seen: unknown[] = [];
    const look: Gate = (request) => void seen.push(request.path, request.route?.path, { ...request.params });
    const { server } = await startServer(
      (server) => void server.handle({ routePath: "users/:id", handler: say("") }),
      {
        capabilities: [gates([GateOrder.EARLY, look])],
      },
    );
    await send(server, "GET /users/%35?x");
    expect(seen).toEqual(["/users/5", "/users/:id", { id: "5" }]);
  });

  test("can answer, and later gates cannot change the answer", async () => {
    const answering: Gate = (_request, response) => {
      response.statusCode = 401;
      response.end("no");
      return true;
    };
    const { server } = await startServer(
      (server) => void server.handle({ routePath: "a", handler: say("done") }),
      {
        capabilities: [gates([GateOrder.EARLY, answering], [GateOrder.LATE, mark("late")])],
      },
    );
    expect(await send(server, "GET /a")).toMatchObject({ status: 401, text: "no" });
  });

  test("can be asynchronous, and their failure is a 500 that reveals nothing", async () => {
    const failing: Gate = async (request) => {
      if (request.path === "/bad") throw new Error("secret");
    };
    const { server, lines } = await startServer(
      (server) => void server.handle({ routePath: ":x", handler: say("done") }),
      {
        capabilities: [gates([GateOrder.GLOBAL_PLUGINS, failing], [GateOrder.LATE, mark("late")])],
      },
    );
    expect((await send(server, "GET /good")).text).toBe("done");
    const bad = await send(server, "GET /bad");
    expect(bad).toMatchObject({ status: 500, text: problem(500) });
    expect(bad.header("Gate")).toBeUndefined();
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("are skipped at the place of the global plugins, and only there, by a route with LOCAL_PLUGINS_ONLY", async () => {
    const { server } = await startServer(
      (server) => {
        server.handle({
          routePath: "local",
          flags: PacketronHandlerFlags.LOCAL_PLUGINS_ONLY,
          handler: say("done"),
        });
        server.handle({ routePath: "all", handler: say("done") });
      },
      {
        capabilities: [
          gates(
            [GateOrder.EARLY, mark("early")],
            [GateOrder.GLOBAL_PLUGINS, mark("global")],
            [GateOrder.LATE, mark("late")],
          ),
        ],
      },
    );
    expect((await send(server, "GET /local")).raw.headers.get("gate")).toEqual(["early", "late"]);
    expect((await send(server, "GET /all")).raw.headers.get("gate")).toEqual(["early", "global", "late"]);
    expect((await send(server, "POST /local")).raw.headers.get("gate")).toEqual(["early", "global", "late"]);
  });

  test("can be added and removed at any time; a request under way keeps those it started with", async () => {
    const { opened, open } = makeSignal();
    const { opened: arrived, open: arrive } = makeSignal();
    let addGate: CapabilityHost["gate"] = () => () => undefined;
    let removeOld = (): void => undefined;
    const changing = capability("changing", (host) => {
      addGate = host.gate;
      host.gate(GateOrder.EARLY, (request) => {
        if (request.url !== "/a?wait") return undefined;
        arrive();
        return opened;
      });
      removeOld = host.gate(GateOrder.LATE, mark("old"));
    });
    const { server } = await startServer(
      (server) => void server.handle({ routePath: "a", handler: say("done") }),
      {
        capabilities: [changing],
      },
    );
    const waiting = send(server, "GET /a?wait");
    await arrived;
    removeOld();
    const removeNew = addGate(GateOrder.LATE, mark("new"));
    expect((await send(server, "GET /a")).header("Gate")).toBe("new");
    open();
    expect((await waiting).header("Gate")).toBe("old");
    removeNew();
    expect((await send(server, "GET /a")).header("Gate")).toBeUndefined();
  });
});

describe("a gate that rewrites the URL", () => {
  const setUp = (server: Packetron): void => {
    server.handle({ routePath: "start/:from", handler: describeRequest });
    server.handle({ routePath: "end/:to", handler: describeRequest });
    server.handle({
      routePath: "local",
      flags: PacketronHandlerFlags.LOCAL_PLUGINS_ONLY,
      handler: describeRequest,
    });
    server.handle({ routePath: "post", method: POST, handler: describeRequest });
  };

  test.each<[target: string, status: number, expected: object | null]>([
    ["/start/1", 200, { path: "/start/1", route: "/start/:from", params: { from: "1" } }],
    ["/start/1?to=/end/2", 200, { path: "/end/2", route: "/end/:to", params: { to: "2" } }],
    ["/start/1?to=/end/2?to=x", 200, { path: "/end/2", route: "/end/:to", params: { to: "2" } }],
    ["/nothing?to=/end/2", 200, { path: "/end/2", route: "/end/:to", params: { to: "2" } }],
    ["/start/1?to=/local", 200, { path: "/local", route: "/local", params: {} }],
    ["/start/1?to=/nothing", 404, null],
    ["/start/1?to=/end//2", 404, null],
    ["/start/1?to=/post", 405, null],
    ["/start/1?to=/%", 400, null],
    ["/start/1?to=nowhere", 400, null],
    ["/local?to=/end/2", 200, { path: "/local", route: "/local", params: {} }],
  ])("%s is %i", async (target, status, expected) => {
    const { server } = await startServer(setUp, {
      capabilities: [gates([GateOrder.GLOBAL_PLUGINS, rewrite])],
    });
    const answer = await send(server, `GET ${target}`);
    expect(answer.status).toBe(status);
    if (expected !== null) expect(JSON.parse(answer.text)).toEqual(expected);
  });

  test("shows the gates after it the path, the route and the parameters of the new URL", async () => {
    const seen: unknown[] = [];
    const look: Gate = (request) =>
      void seen.push([request.path, request.route?.path, { ...request.params }]);
    const { server } = await startServer(setUp, {
      capabilities: [
        gates(
          [GateOrder.EARLY, look],
          [GateOrder.GLOBAL_PLUGINS, rewrite],
          [GateOrder.GLOBAL_PLUGINS, look],
          [GateOrder.LATE, look],
        ),
      ],
    });
    expect((await send(server, "GET /start/1?to=/end/2")).status).toBe(200);
    const after = ["/end/2", "/end/:to", { to: "2" }];
    expect(seen).toEqual([["/start/1", "/start/:from", { from: "1" }], after, after]);
  });

  test("cannot bypass a gate that guards the new path, before or after it", async () => {
    const guard: Gate = (request, response) => {
      if (!request.path.startsWith("/end/")) return false;
      response.sendStatusCode(401);
      return true;
    };
    const later: Gate = async (request, response) => {
      await nextTurn();
      return rewrite(request, response);
    };
    for (const first of [rewrite, later]) {
      const { server } = await startServer(setUp, {
        capabilities: [gates([GateOrder.GLOBAL_PLUGINS, first], [GateOrder.GLOBAL_PLUGINS, guard])],
      });
      expect((await send(server, "GET /start/1?to=/end/2")).status).toBe(401);
      expect((await send(server, "GET /start/1")).status).toBe(200);
    }
  });

  test("decides with the new route whether the global plugins after it run", async () => {
    const { server } = await startServer(setUp, {
      capabilities: [
        gates(
          [GateOrder.EARLY, rewrite],
          [GateOrder.GLOBAL_PLUGINS, mark("global")],
          [GateOrder.LATE, mark("late")],
        ),
      ],
    });
    const ran = async (target: string): Promise<unknown> =>
      (await send(server, `GET ${target}`)).raw.headers.get("gate");
    expect(await ran("/local")).toEqual(["late"]);
    expect(await ran("/local?to=/end/2")).toEqual(["global", "late"]);
    expect(await ran("/start/1?to=/local")).toEqual(["late"]);
    expect(await ran("/local?to=/nothing")).toEqual(["global", "late"]);
  });

  test("to a malformed URL leaves no route that seems to have answered", async () => {
    const seen: unknown[] = [];
    const look: Gate = (request, response) => {
      seen.push(request.route?.path);
      response.on("finish", () => seen.push(request.route));
    };
    const { server } = await startServer(setUp, {
      capabilities: [gates([GateOrder.EARLY, look], [GateOrder.GLOBAL_PLUGINS, rewrite])],
    });
    expect((await send(server, "GET /start/1?to=/%")).status).toBe(400);
    expect(seen).toEqual(["/start/:from", null]);
  });

  test("is the only reason to look the route up again", async () => {
    const asked: string[] = [];
    const files = capability("files", (host) => {
      const route = createRoute(host, { routePath: "found", handler: say("file") });
      host.resolver((_method, path) => {
        asked.push(path);
        return path.startsWith("/found") ? route : undefined;
      });
    });
    const { server } = await startServer(() => undefined, {
      capabilities: [files, gates([GateOrder.GLOBAL_PLUGINS, rewrite])],
    });
    expect((await send(server, "GET /found/1")).text).toBe("file");
    expect(asked).toEqual(["/found/1"]);
    expect((await send(server, "GET /found/1?to=/found/2")).text).toBe("file");
    expect(asked).toEqual(["/found/1", "/found/1", "/found/2"]);
  });
});

describe("an around of the server", () => {
  const { EARLY, GLOBAL_PLUGINS, LATE } = GateOrder;
  const gatesOf = ({ raw }: Answer): readonly string[] | undefined => raw.headers.get("gate");

  /** Marks the answer, then runs the rest. */
  function enclose(name: string): Around {
    return (_request, response, next) => {
      response.appendHeader("Gate", name);
      return next();
    };
  }

  test("encloses later gates, those of the route, and requests without a route, and can be removed", async () => {
    let remove = (): void => undefined;
    const { server } = await startServer((made) => void made.handle({ routePath: "a", handler: say("a") }), {
      capabilities: [
        gates([EARLY, mark("early")], [LATE, mark("late")]),
        capability("encloser", (host) => {
          remove = host.around(GLOBAL_PLUGINS, enclose("around"));
        }),
      ],
    });
    expect(gatesOf(await send(server, "GET /a"))).toEqual(["early", "around", "late"]);
    const missing = await send(server, "GET /none");
    expect(missing.status).toBe(404);
    expect(gatesOf(missing)).toEqual(["early", "around", "late"]);
    remove();
    expect(gatesOf(await send(server, "GET /a"))).toEqual(["early", "late"]);
  });

  test("at GLOBAL_PLUGINS is skipped by a route with LOCAL_PLUGINS_ONLY, at another order it is not", async () => {
    const { server } = await startServer(
      (made) =>
        void made.handle({
          routePath: "a",
          flags: PacketronHandlerFlags.LOCAL_PLUGINS_ONLY,
          handler: say("a"),
        }),
      {
        capabilities: [
          gates(),
          capability("encloser", (host) => {
            host.around(EARLY, enclose("early"));
            host.around(GLOBAL_PLUGINS, enclose("global"));
          }),
        ],
      },
    );
    expect(gatesOf(await send(server, "GET /a"))).toEqual(["early"]);
  });

  test("knows the route, and may change the URL, for which the route is then looked up again", async () => {
    const seen: unknown[] = [];
    const { server } = await startServer(
      (made) => {
        made.handle({ routePath: "old", handler: say("old") });
        made.handle({ routePath: "new", handler: say("new") });
      },
      {
        capabilities: [
          capability("mover", (host) => {
            host.around(EARLY, (request, _response, next) => {
              seen.push(request.route?.path);
              request.url = "/new";
              return next();
            });
          }),
        ],
      },
    );
    expect((await send(server, "GET /old")).text).toBe("new");
    expect(seen).toEqual(["/old"]);
    expect((await send(server, "GET /%")).status).toBe(400);
    expect(seen).toEqual(["/old"]);
  });

  test("gives gates, handler and the error handler its async context, and passes on what they throw", async () => {
    const storage = new AsyncLocalStorage<string>();
    const { server } = await startServer(
      (made) => {
        made.handle({
          routePath: "a/:name",
          handler: async (request, response) => {
            await nextTurn();
            if (request.params.name === "fail") throw new PacketronError("PKT_TEST", "no", { status: 418 });
            response.end(storage.getStore());
          },
        });
      },
      {
        capabilities: [
          capability("context", (host) => {
            host.around(EARLY, (request, _response, next) => storage.run(request.path, next));
          }),
        ],
      },
    );
    const answers = await Promise.all(["1", "2", "3"].map((name) => send(server, `GET /a/${name}`)));
    expect(answers.map(({ text }) => text)).toEqual(["/a/1", "/a/2", "/a/3"]);
    expect((await send(server, "GET /a/fail")).status).toBe(418);
  });
});

describe("an around of a route", () => {
  test("runs for that route only, and limits how many handlers run at once", async () => {
    const release: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const one: Around = async (_request, _response, next) => {
      if (running === 1) await new Promise<void>((resolve) => waiting.push(resolve));
      running++;
      most = Math.max(most, running);
      try {
        return await next();
      } finally {
        running--;
        waiting.shift()?.();
      }
    };
    const limiter = capability("limiter", (host) => {
      host.routeOption("alone", (_value, route) => void host.around(GateOrder.LATE, one, route));
    });
    const { server } = await startServer(
      (made) => {
        const options = {
          routePath: "alone",
          alone: true,
          handler: async (_request: unknown, response: { end(): void }) => {
            await new Promise<void>((resolve) => release.push(resolve));
            response.end();
          },
        };
        made.handle(options);
        made.handle({ routePath: "free", handler: say("free") });
      },
      { capabilities: [limiter] },
    );
    const pending = [send(server, "GET /alone"), send(server, "GET /alone")];
    while (waiting.length + release.length < 2) await nextTurn();
    expect((await send(server, "GET /free")).text).toBe("free");
    for (let ended = 0; ended < 2; ended++) {
      while (release.length === 0) await nextTurn();
      release.shift()?.();
    }
    expect((await Promise.all(pending)).map(({ status }) => status)).toEqual([200, 200]);
    expect(most).toBe(1);
  });
});

describe("a resolver", () => {
  /** Finds a route for every path below a prefix, for one method. */
  function under(prefix: string, method: number, text: string): Capability {
    return capability(`under-${prefix}-${text}`, (host) => {
      const route = createRoute(host, { routePath: prefix, handler: say(text) });
      host.resolver((asked, path) =>
        asked === method && path.startsWith(`/${prefix}/`) ? route : undefined,
      );
    });
  }

  test("is asked when the router has no route, in the order of registration, never before", async () => {
    const { server } = await startServer(
      (server) => void server.handle({ routePath: "a/own", handler: say("own") }),
      {
        capabilities: [under("a", GET, "first"), under("a", GET, "second"), under("b", GET, "third")],
      },
    );
    expect((await send(server, "GET /a/own")).text).toBe("own");
    expect((await send(server, "GET /a/x")).text).toBe("first");
    expect((await send(server, "GET /b/x")).text).toBe("third");
    expect((await send(server, "GET /c/x")).status).toBe(404);
  });

  test("gets the request, with the method of the client, also where it is asked for another one", async () => {
    const asked = new Set<string>();
    const spy = capability("spy", (host) => {
      host.resolver((method, _path, request) => {
        asked.add(`${request.method} ${method === GET ? "GET" : "other"} ${request.headers["x-own"]}`);
        return undefined;
      });
    });
    const { server } = await startServer(() => undefined, { capabilities: [spy] });
    await send(server, "DELETE /a", { "X-Own": "1" });
    expect(asked).toEqual(new Set(["DELETE GET 1", "DELETE other 1"]));
  });

  test("takes part in HEAD, 405 and OPTIONS", async () => {
    const { server } = await startServer(() => undefined, { capabilities: [under("a", GET, "file")] });
    expect(await send(server, "HEAD /a/x")).toMatchObject({ status: 200, text: "" });
    const refused = await send(server, "DELETE /a/x");
    expect([refused.status, refused.header("Allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect((await send(server, "OPTIONS /a/x")).header("Allow")).toBe("GET, HEAD, OPTIONS");
  });

  /** Finds one path of GET, a turn later. */
  function later(path: string, text: string): Capability {
    return capability(`later-${text}`, (host) => {
      const route = createRoute(host, { routePath: path, handler: say(text) });
      host.resolver(async (method, asked) => {
        await nextTurn();
        return method === GET && asked === path ? route : undefined;
      });
    });
  }

  test("may be asynchronous: the next one is asked after it, and HEAD, 405, OPTIONS and 404 wait for it", async () => {
    const { server } = await startServer(
      (server) => void server.handle({ method: POST, routePath: "own", handler: say("own") }),
      { capabilities: [later("/a", "first"), under("b", GET, "second"), later("/c", "third")] },
    );
    expect((await send(server, "GET /a")).text).toBe("first");
    expect((await send(server, "GET /b/x")).text).toBe("second");
    expect((await send(server, "GET /c?d")).text).toBe("third");
    expect(await send(server, "HEAD /c")).toMatchObject({ status: 200, text: "" });
    const refused = await send(server, "DELETE /c");
    expect([refused.status, refused.header("Allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect((await send(server, "GET /own")).header("Allow")).toBe("POST, OPTIONS");
    expect((await send(server, "OPTIONS /a")).header("Allow")).toBe("GET, HEAD, OPTIONS");
    expect((await send(server, "GET /d")).status).toBe(404);
  });

  test("that is asynchronous finds the route before the gates run, and again after a rewrite", async () => {
    const seen: unknown[] = [];
    const look: Gate = (request) => void seen.push(request.route?.path);
    const { server } = await startServer(() => undefined, {
      capabilities: [
        later("/a", "first"),
        later("/b", "second"),
        gates([GateOrder.EARLY, look], [GateOrder.GLOBAL_PLUGINS, rewrite]),
      ],
    });
    expect((await send(server, "GET /a?to=/b")).text).toBe("second");
    expect(seen).toEqual(["/a"]);
  });

  test("that rejects costs its request a 500, also when it was asked for a 405", async () => {
    const broken = capability("broken", (host) =>
      host.resolver(async (method) => {
        if (method === GET) throw new Error("disk failure");
        return undefined;
      }),
    );
    const { server, lines } = await startServer(() => undefined, { capabilities: [broken] });
    expect(await send(server, "GET /x")).toMatchObject({ status: 500, text: problem(500) });
    expect(await send(server, "PUT /x")).toMatchObject({ status: 500, text: problem(500) });
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(2);
  });

  test("is never asked for a path that could slip around a gate", async () => {
    const asked: string[] = [];
    const spy = capability("spy", (host) => host.resolver((_method, path) => void asked.push(path)));
    const { server } = await startServer(() => undefined, { capabilities: [spy] });
    for (const target of ["//a", "/../a", "/a%2fb", "/%2e%2e/a", "/a%00", "/%", "/a\\b"])
      await send(server, `GET ${target}`);
    expect(asked).toEqual([]);
    await send(server, "GET /a%20b");
    expect(new Set(asked)).toEqual(new Set(["/a b"]));
  });

  test("that throws costs its request a 500, not the process", async () => {
    const broken = capability("broken", (host) =>
      host.resolver(() => {
        throw new Error("disk failure");
      }),
    );
    const { server, lines } = await startServer(
      (server) => void server.handle({ routePath: "a", handler: say("own") }),
      {
        capabilities: [broken],
      },
    );
    expect(await send(server, "GET /x")).toMatchObject({ status: 500, text: problem(500) });
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
    expect((await send(server, "GET /a")).text).toBe("own");
  });
});

describe("onNotFound", () => {
  test("answers unknown paths with 404 unless it sets another status, after the server's gates", async () => {
    const { server } = await startServer(() => undefined, {
      capabilities: [gates([GateOrder.GLOBAL_PLUGINS, mark("global")])],
    });
    server.onNotFound((request, response) => {
      if (request.url === "/teapot") response.statusCode = 418;
      response.end(`no ${request.path}`);
    });
    const missing = await send(server, "GET /x?y");
    expect(missing).toMatchObject({ status: 404, text: "no /x" });
    expect(missing.header("Gate")).toBe("global");
    expect((await send(server, "GET /teapot")).status).toBe(418);
  });

  test("is not asked for 405, OPTIONS and 400", async () => {
    const { server } = await startServer((server) => {
      server.handle({ routePath: "a", handler: say("done") });
      server.onNotFound(say("not found"));
    });
    expect(await send(server, "POST /a")).toMatchObject({
      status: 405,
      text: problem(405, { allow: ["GET", "HEAD", "OPTIONS"] }),
    });
    expect(await send(server, "OPTIONS /a")).toMatchObject({ status: 204, text: "" });
    expect(await send(server, "GET /%")).toMatchObject({ status: 400, text: problem(400) });
  });

  test("may be asynchronous, and its failure is a 500", async () => {
    const { server } = await startServer((server) => {
      server.onNotFound(async (request, response) => {
        if (request.url === "/bad") throw new Error("secret");
        response.end("not found");
      });
    });
    expect(await send(server, "GET /x")).toMatchObject({ status: 404, text: "not found" });
    expect(await send(server, "GET /bad")).toMatchObject({ status: 500, text: problem(500) });
  });
});

describe("a handler that fails", () => {
  const failures: readonly [how: string, handler: Handler][] = [
    [
      "throws",
      () => {
        throw new Error("secret");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("secret");
      },
    ],
    ["rejects later", () => new Promise((_resolve, reject) => setImmediate(reject, new Error("secret")))],
    ["throws null", () => fail(null)],
    ["throws undefined", () => fail(undefined)],
    ["rejects with undefined", () => Promise.reject()],
    ["throws a string", () => fail("secret")],
    [
      "throws an object whose properties throw",
      () => {
        throw new Proxy(
          {},
          {
            get() {
              throw new Error("secret");
            },
            has() {
              throw new Error("secret");
            },
          },
        );
      },
    ],
    [
      "throws after it set a status and headers of its own",
      (_request, response) => {
        response.statusCode = 201;
        response.setHeader("Content-Type", "text/csv");
        response.setHeader("Content-Length", "100");
        response.setHeader("Cache-Control", "max-age=3600");
        response.setHeader("ETag", '"1"');
        throw new Error("secret");
      },
    ],
  ];

  test.each(failures)(
    "that %s gets a 500 without the reason, is reported once, and the server continues",
    async (_how, handler) => {
      const { server, lines } = await startServer((server) => {
        server.handle({ routePath: "bad", handler });
        server.handle({ routePath: "good", handler: say("good") });
      });
      const emitted: unknown[] = [];
      server.on("error", (error) => emitted.push(error));
      const answer = await send(server, "GET /bad");
      expect(answer).toMatchObject({ status: 500, text: problem(500) });
      expect(answer.header("Content-Type")).toBe("application/problem+json");
      for (const name of ["Cache-Control", "ETag"]) expect(answer.header(name)).toBeUndefined();
      expect(answer.raw.reason).toBe("Internal Server Error");
      expect(emitted).toHaveLength(1);
      expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
      expect((await send(server, "GET /good")).text).toBe("good");
    },
  );

  test("after its headers were sent is cut, so that the client sees an incomplete answer", async () => {
    const { server, lines } = await startServer((server) => {
      server.handle({
        routePath: "bad",
        handler: (_request, response) => {
          response.writeHead(200, { "Content-Length": "100" });
          response.write("half");
          throw new Error("secret");
        },
      });
    });
    const client = await RawClient.connect({ port: server.port });
    await client.send("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n").until(() => false);
    expect(client.closed).toBe(true);
    expect(client.received.toString()).not.toContain("secret");
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("after its answer has ended does not change the answer, and is reported", async () => {
    const { server, lines } = await startServer((server) => {
      server.handle({
        routePath: "bad",
        handler: (_request, response) => {
          response.end("whole");
          throw new Error("secret");
        },
      });
    });
    expect(await send(server, "GET /bad")).toMatchObject({ status: 200, text: "whole" });
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("with an error that has a status below 500 answers that status, and is not an error of the server", async () => {
    const { server, lines } = await startServer((server) => {
      server.handle({
        routePath: "bad",
        handler: () => {
          throw new PacketronError("PKT_TEST_GONE", "it was here once", { status: 410 });
        },
      });
    });
    expect(await send(server, "GET /bad")).toMatchObject({ status: 410, text: problem(410) });
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("that answers twice keeps its first answer, and the connection stays open", async () => {
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "twice",
        handler: (_request, response) => {
          response.end("first");
          response.end("second");
        },
      });
    });
    const client = await RawClient.connect({ port: server.port });
    const request = "GET /twice HTTP/1.1\r\nHost: a\r\n\r\n";
    const answers = await client.send(request + request).responses(2);
    client.destroy();
    expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual([
      [200, "first"],
      [200, "first"],
    ]);
  });

  test("that never answers keeps its request until the client disconnects, and later requests are answered", async () => {
    const { opened: arrived, open: arrive } = makeSignal();
    const { opened: left, open: leave } = makeSignal();
    const { server, lines } = await startServer((server) => {
      server.handle({
        routePath: "never",
        handler: (_request, response) => {
          response.on("close", leave);
          arrive();
        },
      });
      server.handle({ routePath: "good", handler: say("good") });
    });
    const client = await RawClient.connect({ port: server.port });
    client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    await arrived;
    expect((await send(server, "GET /good")).text).toBe("good");
    expect(client.received).toHaveLength(0);
    client.destroy();
    await left;
    expect((await send(server, "GET /good")).text).toBe("good");
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("that answers later, without a promise, is waited for", async () => {
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "later",
        handler: (_request, response) => void setImmediate(() => response.end("late")),
      });
    });
    expect((await send(server, "GET /later")).text).toBe("late");
  });

  test("is not called after a gate that claims an answer, even when the gate never sends one", async () => {
    const { opened: left, open: leave } = makeSignal();
    const { opened: arrived, open: arrive } = makeSignal();
    const lying: Gate = (request, response) => {
      if (request.path !== "/lie") return false;
      response.on("close", leave);
      arrive();
      return true;
    };
    const { server } = await startServer(
      (server) => void server.handle({ routePath: ":x", handler: say("done") }),
      {
        capabilities: [gates([GateOrder.EARLY, lying])],
      },
    );
    const client = await RawClient.connect({ port: server.port });
    client.send("GET /lie HTTP/1.1\r\nHost: a\r\n\r\n");
    await arrived;
    client.destroy();
    await left;
    expect((await send(server, "GET /truth")).text).toBe("done");
  });
});

describe("onError", () => {
  const failure = new Error("secret");
  const setUp = (server: Packetron): void => {
    server.handle({
      routePath: "bad",
      handler: () => {
        throw failure;
      },
    });
  };

  test("answers in place of the plain 500, with that status unless it sets another, and the error is reported once", async () => {
    const { server, lines } = await startServer(setUp);
    const seen: unknown[] = [];
    server.onError((error, request, response) => {
      seen.push(error, request.path);
      if (request.url === "/bad?503") response.statusCode = 503;
      response.end("sorry");
    });
    expect(await send(server, "GET /bad")).toMatchObject({ status: 500, text: "sorry" });
    expect(seen).toEqual([failure, "/bad"]);
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
    expect(await send(server, "GET /bad?503")).toMatchObject({ status: 503, text: "sorry" });
  });

  test("may be asynchronous", async () => {
    const { server } = await startServer(setUp);
    server.onError(async (_error, _request, response) => {
      await new Promise(setImmediate);
      response.end("sorry");
    });
    expect(await send(server, "GET /bad")).toMatchObject({ status: 500, text: "sorry" });
  });

  test.each<[how: string, handler: () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("again");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("again");
      },
    ],
    ["throws null", () => fail(null)],
  ])("that %s itself gives the plain 500, and both errors are reported", async (_how, handler) => {
    const { server, lines } = await startServer(setUp);
    server.onError(handler);
    expect(await send(server, "GET /bad")).toMatchObject({ status: 500, text: problem(500) });
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(2);
  });

  test("that never settles does not prevent the report of the error", async () => {
    const { server, lines } = await startServer(setUp);
    const { opened: asked, open } = makeSignal();
    server.onError(() => {
      open();
      return new Promise(() => {});
    });
    const client = await RawClient.connect(server);
    client.send("GET /bad HTTP/1.1\r\nHost: x\r\n\r\n");
    await asked;
    client.destroy();
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("that does not answer gives the plain 500", async () => {
    const { server, lines } = await startServer(setUp);
    server.onError(() => undefined);
    expect(await send(server, "GET /bad")).toMatchObject({ status: 500, text: problem(500) });
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("starts with a clean answer, without the status and headers of the failed handler", async () => {
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "bad",
        handler: (_request, response) => {
          response.statusCode = 201;
          response.setHeader("Content-Length", "100");
          response.setHeader("Content-Encoding", "gzip");
          response.setHeader("Cache-Control", "max-age=3600");
          response.setHeader("Set-Cookie", "kept=1");
          throw failure;
        },
      });
      server.onError((_error, _request, response) => response.end("sorry"));
    });
    const answer = await send(server, "GET /bad");
    expect(answer).toMatchObject({ status: 500, text: "sorry" });
    expect(answer.header("Cache-Control")).toBeUndefined();
    expect(answer.header("Content-Encoding")).toBeUndefined();
    expect(answer.header("Set-Cookie")).toBe("kept=1");
  });

  test("gets failures of gates and of onNotFound too", async () => {
    const failing: Gate = (request) => {
      if (request.path === "/gate") throw failure;
    };
    const { server } = await startServer(
      (server) => {
        server.onNotFound(() => {
          throw failure;
        });
        server.onError((_error, _request, response) => response.end("sorry"));
      },
      { capabilities: [gates([GateOrder.EARLY, failing])] },
    );
    expect(await send(server, "GET /gate")).toMatchObject({ status: 500, text: "sorry" });
    expect(await send(server, "GET /nothing")).toMatchObject({ status: 500, text: "sorry" });
  });

  test("is not called once an answer has begun", async () => {
    const asked: unknown[] = [];
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "bad",
        handler: (_request, response) => {
          response.end("whole");
          throw failure;
        },
      });
      server.onError((error) => asked.push(error));
    });
    expect((await send(server, "GET /bad")).text).toBe("whole");
    expect(asked).toEqual([]);
  });

  test("gets an error with its own status, which is not an error of the server", async () => {
    const { server, lines } = await startServer((server) => {
      server.handle({
        routePath: "bad",
        handler: async () => {
          throw new PacketronError("PKT_TEST_GONE", "it was here once", { status: 410 });
        },
      });
      server.onError((_error, _request, response) => response.end("closed"));
    });
    expect(await send(server, "GET /bad")).toMatchObject({ status: 410, text: "closed" });
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("is not called when the client has disconnected", async () => {
    const asked: unknown[] = [];
    const { opened: arrived, open: arrive } = makeSignal();
    const { opened: failed, open: fail } = makeSignal();
    const { server, lines } = await startServer((server) => {
      server.handle({
        routePath: "bad",
        handler: async (_request, response) => {
          arrive();
          await new Promise((resolve) => response.on("close", resolve));
          setImmediate(fail);
          throw failure;
        },
      });
      server.onError((error) => asked.push(error));
    });
    const client = await RawClient.connect({ port: server.port });
    client.send("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n");
    await arrived;
    client.destroy();
    await failed;
    expect(asked).toEqual([]);
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });
});
