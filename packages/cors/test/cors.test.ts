import {
  type Capability,
  GateOrder,
  type Handler,
  PacketronRequestMethod,
  refuse,
  type ServerOptions,
} from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, test } from "vitest";
import { ExchangeState } from "../../core/src/message/exchange.ts";
import { type CorsOptions, cors } from "../src/index.ts";
import { fetchAs, type PageRequest, type Seen } from "./_fetch-standard.ts";
import { ask, corsHeaders, preflight, startServer } from "./_server.ts";

const { GET, POST, PUT, DELETE, OPTIONS } = PacketronRequestMethod;
const APP = "https://app.example";
const OTHER = "https://evil.example";
const send: Handler = (request, response) => response.sendJson({ method: request.method });
/** A body parser, so that a route refuses codings that it cannot read. */
const TEXT_BODY = 1 << 20;
const textBody: Capability = {
  name: "text-body",
  install: (host) =>
    host.bodyParser({
      flag: TEXT_BODY,
      name: "TEXT_BODY",
      mediaTypes: ["text/*"],
      form: "text",
      parse: (text) => text,
    }),
};
const dispatches = ["direct", "standard"] as const;

describe("cors() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(cors)) test(name, run);
});

describe("cors() with its option does what every capability does", () => {
  const options = { cors: { origin: [APP], credentials: true } };
  for (const { name, run } of capabilityConformance(cors, { options })) test(name, run);
});

describe.each(dispatches)("a browser that follows the fetch standard, %s dispatch", (dispatch) => {
  const credentials = true;
  const rows: readonly (readonly [
    title: string,
    option: CorsOptions | true,
    request: PageRequest,
    seen: Seen,
  ])[] = [
    ["reads with *", true, { origin: OTHER }, 200],
    ["reads as the origin null with *", true, { origin: "null" }, 200],
    ["reads no answer to credentials with *", true, { origin: APP, credentials }, "not readable"],
    ["reads a 404", true, { origin: APP, path: "/none" }, 404],
    ["reads a 405", true, { origin: APP, method: "POST", path: "/get" }, 405],
    ["puts", true, { origin: APP, method: "PUT" }, 200],
    ["sends a header", true, { origin: APP, headers: ["X-One", "x-two"] }, 200],
    ["sends Authorization", true, { origin: APP, headers: ["Authorization"] }, 200],
    [
      "puts nothing on a path without PUT",
      true,
      { origin: APP, path: "/get", method: "PUT" },
      "preflight failed",
    ],
    [
      "puts nothing on a missing path",
      true,
      { origin: APP, path: "/none", method: "PUT" },
      "preflight failed",
    ],
    ["reads from a text", { origin: APP }, { origin: APP }, 200],
    ["reads not from another origin", { origin: APP }, { origin: OTHER }, "not readable"],
    ["reads not from another port", { origin: APP }, { origin: `${APP}:8443` }, "not readable"],
    ["reads not from another scheme", { origin: APP }, { origin: "http://app.example" }, "not readable"],
    ["reads from a list", { origin: [APP, /\.example$/] }, { origin: OTHER }, 200],
    ["reads from a RegExp", { origin: /^https:\/\/\w+\.example$/ }, { origin: APP }, 200],
    ["reads with credentials", { origin: [APP], credentials }, { origin: APP, credentials }, 200],
    ["reads not with credentials", { origin: [APP] }, { origin: APP, credentials }, "not readable"],
    [
      "puts with credentials",
      { origin: [APP], credentials },
      { origin: APP, credentials, method: "PUT" },
      200,
    ],
    ["puts not from another origin", { origin: [APP] }, { origin: OTHER, method: "PUT" }, "preflight failed"],
    ["reads not as null with a RegExp", { origin: /./ }, { origin: "null" }, "not readable"],
    ["reads not as null with a function", { origin: () => true }, { origin: "null" }, "not readable"],
    ["reads as null that is listed", { origin: ["null"] }, { origin: "null" }, 200],
    ["reads with a function", { origin: (origin) => origin === APP }, { origin: APP }, 200],
    ["reads not with a function", { origin: (origin) => origin === APP }, { origin: OTHER }, "not readable"],
    ["reads with a promise", { origin: async (origin) => origin === APP }, { origin: APP }, 200],
    ["reads not with a promise", { origin: async () => false }, { origin: APP }, "not readable"],
    ["puts with a promise", { origin: async () => true }, { origin: APP, method: "PUT" }, 200],
    ["puts with methods", { methods: ["PUT"] }, { origin: APP, method: "PUT" }, 200],
    ["puts not without methods", { methods: "GET,POST" }, { origin: APP, method: "PUT" }, "preflight failed"],
    ["sends a listed header", { allowedHeaders: "X-One, X-Two" }, { origin: APP, headers: ["x-one"] }, 200],
    [
      "sends no other header",
      { allowedHeaders: ["X-One"] },
      { origin: APP, headers: ["X-2"] },
      "preflight failed",
    ],
    ["sends no header", { allowedHeaders: [] }, { origin: APP, headers: ["X-1"] }, "preflight failed"],
  ];
  test.each(rows)("%s", async (_title, option, request, seen) => {
    const server = await startServer(
      (made) => {
        for (const method of [GET, POST, PUT]) made.handle({ method, routePath: "data", handler: send });
        made.handle({ routePath: "get", handler: send });
      },
      { cors: option, dispatch },
    );
    expect(await fetchAs(server, request)).toBe(seen);
  });
});

/** A gate that refuses with the status in the header `X-Refuse`, as load shedding and limits do. */
const refusing: Capability = {
  name: "refusing",
  install: (host) =>
    void host.gate(GateOrder.EARLY, (request, response) => {
      const status = Number(request.headers["x-refuse"]);
      if (status > 0) refuse(response, status);
    }),
};

describe.each(dispatches)("each answer has the headers, %s dispatch", (dispatch) => {
  const start = (option: ServerOptions["cors"]) =>
    startServer(
      (server) => {
        server.handle({ routePath: "ok", handler: send });
        server.handle({
          routePath: "stream",
          handler: (_request, response) => {
            response.write("a");
            setImmediate(() => response.end("b"));
          },
        });
        server.handle({
          routePath: "throws",
          handler: () => {
            throw new Error("mine");
          },
        });
        server.handle({ method: POST, routePath: "small", maxRequestSizeInBytes: 1, handler: send });
        server.handle({
          method: POST,
          routePath: "text",
          flags: TEXT_BODY,
          handler: async (request, response) => response.send(await request.getBody()),
        });
      },
      { ...(option === undefined ? {} : { cors: option }), dispatch, others: [refusing, textBody] },
    );
  const rows: readonly (readonly [
    status: number,
    method: string,
    path: string,
    headers?: Record<string, string>,
    body?: string,
  ])[] = [
    [200, "GET", "/ok"],
    [200, "GET", "/stream"],
    [400, "GET", "/%zz"],
    [404, "GET", "/none"],
    [405, "DELETE", "/ok"],
    [413, "POST", "/small", {}, "too large"],
    [415, "POST", "/text", { "Content-Encoding": "unknown" }, "coded"],
    [429, "GET", "/ok", { "X-Refuse": "429" }],
    [500, "GET", "/throws"],
    [503, "GET", "/ok", { "X-Refuse": "503" }],
  ];
  const options: readonly (readonly [title: string, option: CorsOptions])[] = [
    ["a list", { origin: [APP], credentials: true, exposedHeaders: ["X-Total"] }],
    ["a function", { origin: (origin) => origin === APP, credentials: true, exposedHeaders: ["X-Total"] }],
    [
      "a promise",
      { origin: async (origin) => origin === APP, credentials: true, exposedHeaders: ["X-Total"] },
    ],
  ];
  test.each(options)("with %s", async (_title, option) => {
    const server = await start(option);
    for (const [status, method, path, headers = {}, body] of rows) {
      const answer = await ask(server, method, path, { Origin: APP, ...headers }, body);
      expect([answer.status, corsHeaders(answer)], `${status} ${path}`).toEqual([
        status,
        {
          "access-control-allow-origin": APP,
          "access-control-allow-credentials": "true",
          "access-control-expose-headers": "X-Total",
          vary: "Origin",
        },
      ]);
      for (const refused of [{ Origin: OTHER }, {}]) {
        const other = await ask(server, method, path, { ...refused, ...headers }, body);
        expect([other.status, corsHeaders(other)], `${status} ${path}`).toEqual([status, { vary: "Origin" }]);
      }
    }
  });

  test("with *, and without an origin too, so that caches keep one answer for all", async () => {
    const server = await start(true);
    for (const [status, method, path, headers = {}, body] of rows) {
      const answer = await ask(server, method, path, headers, body);
      expect([answer.status, corsHeaders(answer)]).toEqual([status, { "access-control-allow-origin": "*" }]);
    }
  });

  test("without the option there are none", async () => {
    const server = await start(undefined);
    for (const [status, method, path, headers = {}, body] of rows) {
      const answer = await ask(server, method, path, { Origin: APP, ...headers }, body);
      expect([answer.status, corsHeaders(answer)]).toEqual([status, {}]);
    }
  });
});

describe.each(dispatches)("preflights, %s dispatch", (dispatch) => {
  const start = (setUp: Parameters<typeof startServer>[0], option: ServerOptions["cors"] = true) =>
    startServer(setUp, { cors: option, dispatch });

  test("get 204 with the methods that the path has, and the headers that they ask for", async () => {
    const server = await start((made) => {
      for (const method of [GET, PUT, DELETE]) made.handle({ method, routePath: "a/:id", handler: send });
    });
    const answer = await preflight(server, "/a/1", APP, "PUT", ["content-type", "x-one"]);
    expect([answer.status, answer.body, corsHeaders(answer)]).toEqual([
      204,
      "",
      {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, PUT, DELETE, HEAD",
        "access-control-allow-headers": "content-type,x-one",
        vary: "Access-Control-Request-Headers",
      },
    ]);
  });

  test("get maxAge, and privateNetwork when they ask for it", async () => {
    const option = { origin: [APP], maxAge: 600, privateNetwork: true, allowedHeaders: ["X-One"] };
    const server = await start((made) => void made.handle({ routePath: "a", handler: send }), option);
    const headers = { Origin: APP, "Access-Control-Request-Method": "GET" };
    const plain = await ask(server, "OPTIONS", "/a", headers);
    const expected = {
      "access-control-allow-origin": APP,
      "access-control-allow-methods": "GET, HEAD",
      "access-control-allow-headers": "X-One",
      "access-control-max-age": "600",
      vary: "Origin",
    };
    expect(corsHeaders(plain)).toEqual(expected);
    const near = await ask(server, "OPTIONS", "/a", {
      ...headers,
      "Access-Control-Request-Private-Network": "true",
    });
    expect(corsHeaders(near)).toEqual({ ...expected, "access-control-allow-private-network": "true" });
  });

  test("of a refused origin get 204 without a word about the path", async () => {
    const server = await start((made) => void made.handle({ routePath: "a", handler: send }), {
      origin: APP,
    });
    const answer = await preflight(server, "/a", OTHER, "GET", ["x-one"]);
    expect([answer.status, corsHeaders(answer)]).toEqual([204, { vary: "Origin" }]);
  });

  test("echo no header that is not a name", async () => {
    const server = await start((made) => void made.handle({ routePath: "a", handler: send }));
    const answer = await preflight(server, "/a", APP, "GET", ["a b", "<script>"]);
    expect(answer.headers["access-control-allow-headers"]).toBeUndefined();
  });

  test("come before plugins, and other OPTIONS requests do not", async () => {
    const seen: string[] = [];
    const plugin: Capability = {
      name: "plugin",
      install: (host) =>
        void host.gate(
          GateOrder.GLOBAL_PLUGINS,
          (request) => void seen.push(`${request.method} ${request.url}`),
        ),
    };
    const server = await startServer((made) => void made.handle({ routePath: "a", handler: send }), {
      cors: true,
      dispatch,
      others: [plugin],
    });
    expect((await preflight(server, "/a", APP, "GET")).status).toBe(204);
    expect(seen).toEqual([]);
    const plain = await ask(server, "OPTIONS", "/a", { Origin: APP });
    expect([plain.status, plain.headers.allow]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect((await ask(server, "OPTIONS", "/a", { "Access-Control-Request-Method": "GET" })).status).toBe(204);
    expect((await preflight(server, "/none", APP, "GET")).status).toBe(404);
    expect(
      (await ask(server, "OPTIONS", "*", { Origin: APP, "Access-Control-Request-Method": "GET" })).status,
    ).toBe(204);
    expect(seen).toEqual(["OPTIONS /a", "OPTIONS /a", "OPTIONS /none", "OPTIONS *"]);
  });

  test("leave a route for OPTIONS to the program, with the headers of an answer", async () => {
    const server = await start((made) => {
      made.handle({ routePath: "a", handler: send });
      made.handle({ method: OPTIONS, routePath: "a", handler: send });
    });
    const answer = await preflight(server, "/a", APP, "GET");
    expect([answer.status, answer.body]).toEqual([200, '{"method":"OPTIONS"}']);
    expect(corsHeaders(answer)).toEqual({ "access-control-allow-origin": "*" });
  });

  test("list no method whose route has another option, because browsers keep the list", async () => {
    const server = await start((made) => {
      made.handle({ routePath: "a", handler: send });
      made.handle({ method: PUT, routePath: "a", cors: { origin: APP }, handler: send });
      made.handle({ method: DELETE, routePath: "a", cors: false, handler: send });
    });
    expect(corsHeaders(await preflight(server, "/a", OTHER, "GET"))).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD",
    });
    expect(corsHeaders(await preflight(server, "/a", OTHER, "PUT"))).toEqual({ vary: "Origin" });
    expect(corsHeaders(await preflight(server, "/a", APP, "PUT"))).toMatchObject({
      "access-control-allow-origin": APP,
      "access-control-allow-methods": "PUT",
    });
    const off = await preflight(server, "/a", APP, "DELETE");
    expect([off.status, off.headers["access-control-allow-methods"]]).toEqual([204, undefined]);
  });

  test("find routes that a resolver finds later", async () => {
    const later: Capability = {
      name: "later",
      install: (host) =>
        host.resolver(async (method, path) => (path === "/later" && method === GET ? found : undefined)),
    };
    let found: ReturnType<typeof server.handle> | undefined;
    const server = await startServer(
      (made) => {
        found = made.handle({ routePath: "other", handler: send });
      },
      { cors: true, dispatch, others: [later] },
    );
    const answer = await preflight(server, "/later", APP, "GET");
    expect(answer.headers["access-control-allow-methods"]).toBe("GET, HEAD");
  });
});

describe("a route", () => {
  const read = async (routeOption: unknown, option?: CorsOptions | boolean) => {
    const server = await startServer(
      (made) => {
        const own = routeOption === undefined ? {} : { cors: routeOption as boolean };
        made.handle({ routePath: "a", ...own, handler: send });
        made.handle({ routePath: "b", handler: send });
      },
      option === undefined ? {} : { cors: option },
    );
    const headers: unknown[] = [];
    for (const path of ["/a", "/b", "/none"]) {
      const answer = await ask(server, "GET", path, { Origin: APP });
      headers.push(answer.headers["access-control-allow-origin"] ?? answer.headers.vary ?? null);
    }
    return { headers, preflight: corsHeaders(await preflight(server, "/a", APP, "GET")) };
  };
  const allowed = { "access-control-allow-methods": "GET, HEAD" };
  test.each([
    ["true on a server without the option", true, undefined, ["*", null, null], allowed],
    ["an object on such a server", { origin: APP }, undefined, [APP, null, null], allowed],
    ["true takes the option of the server", true, { origin: APP }, [APP, APP, APP], allowed],
    ["null is no option", null, { origin: APP }, [APP, APP, APP], allowed],
    ["false turns it off", false, true, [null, "*", "*"], {}],
    ["an object replaces it", { origin: OTHER }, { origin: APP }, ["Origin", APP, APP], { vary: "Origin" }],
    ["an object turns it on", { origin: APP }, false, [APP, null, null], allowed],
  ])("%s", async (_title, routeOption, option, headers, answered) => {
    const found = await read(routeOption, option);
    expect(found.headers).toEqual(headers);
    expect(found.preflight).toMatchObject(answered);
  });

  test("asks a function of its own once for each request", async () => {
    const asked: string[] = [];
    const server = await startServer(
      (made) => {
        const origin = async (text: string) => asked.push(text) > 0;
        made.handle({ routePath: "a", cors: { origin }, handler: send });
      },
      { cors: true },
    );
    expect(corsHeaders(await ask(server, "GET", "/a", { Origin: APP }))).toMatchObject({ vary: "Origin" });
    expect(corsHeaders(await ask(server, "GET", "/a"))).toEqual({ vary: "Origin" });
    expect((await preflight(server, "/a", APP, "GET")).headers["access-control-allow-origin"]).toBe(APP);
    expect(asked).toEqual([APP, APP]);
  });
});

describe("the answer", () => {
  test("of a function that throws or rejects is a 500 without permission", async () => {
    for (const origin of [
      () => {
        throw new Error("mine");
      },
      () => Promise.reject(new Error("mine")),
    ]) {
      const server = await startServer((made) => void made.handle({ routePath: "a", handler: send }), {
        cors: { origin },
      });
      const answer = await ask(server, "GET", "/a", { Origin: APP });
      expect([answer.status, corsHeaders(answer)]).toEqual([500, { vary: "Origin" }]);
      expect((await ask(server, "GET", "/%zz", { Origin: APP })).status).toBe(500);
    }
  });

  test("keeps what the handler has set, and gets Origin into its Vary", async () => {
    const varies = ["Accept-Encoding", "origin", "*", "Accept, ORIGIN"];
    const server = await startServer(
      (made) => {
        for (const [index, vary] of varies.entries())
          made.handle({
            routePath: String(index),
            handler: (_request, response) => {
              response.setHeader("Vary", vary);
              response.setHeader("Access-Control-Expose-Headers", "X-Mine");
              response.sendOk();
            },
          });
      },
      { cors: { origin: APP, exposedHeaders: "X-Theirs" } },
    );
    const found: unknown[] = [];
    for (const index of varies.keys()) {
      const { headers } = await ask(server, "GET", `/${index}`, { Origin: APP });
      expect(headers["access-control-expose-headers"]).toBe("X-Mine");
      found.push(headers.vary);
    }
    expect(found).toEqual(["Accept-Encoding, Origin", "origin", "*", "Accept, ORIGIN"]);
  });

  test("to each of many origins names its own origin", async () => {
    const server = await startServer((made) => void made.handle({ routePath: "a", handler: send }), {
      cors: { origin: /^https:\/\/\d+\.example$/, credentials: true },
    });
    for (let index = 0; index < 70; index++) {
      const origin = `https://${index}.example`;
      expect(corsHeaders(await ask(server, "GET", "/a", { Origin: origin }))).toEqual({
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        vary: "Origin",
      });
    }
  });
});

test.each<[title: string, option: CorsOptions]>([
  ["*", {}],
  ["a list", { origin: [APP] }],
  ["a function", { origin: () => true }],
  ["a promise", { origin: async () => true }],
])("no exchange leaves the direct way with %s, and preflights do not", async (_title, option) => {
  const states: number[] = [];
  const watch: Capability = {
    name: "watch",
    install: (host) =>
      void host.answering((_request, response) => void process.nextTick(() => states.push(response.state))),
  };
  const server = await startServer((made) => void made.handle({ routePath: "a", handler: send }), {
    cors: option,
    dispatch: "direct",
    others: [watch],
  });
  await ask(server, "GET", "/a", { Origin: APP, Connection: "keep-alive" });
  await ask(server, "GET", "/none", { Origin: OTHER, Connection: "keep-alive" });
  await ask(server, "OPTIONS", "/a", {
    Origin: APP,
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "content-type",
    Connection: "keep-alive",
  });
  expect(states).toHaveLength(3);
  expect(states).not.toContain(ExchangeState.NODE);
});
