import { setTimeout as wait } from "node:timers/promises";
import {
  type Capability,
  GateOrder,
  type Handler,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  refuse,
} from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ExchangeState } from "../../core/src/message/exchange.ts";
import { isValidationError, type RouteSchema, type StandardSchema, validate } from "../src/index.ts";
import { libraries } from "./_libraries.ts";
import { ask, makeServer } from "./_server.ts";

const { GET, POST, PUT, HEAD } = PacketronRequestMethod;
const dispatches = ["direct", "standard"] as const;
const sendValid: Handler = (request, response) => response.sendJson({ valid: request.valid });
const path = "/shops/7/orders";
const order = { items: [{ price: 5, name: "tea" }], email: "ada@example.com" };

describe("validate() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(validate)) test(name, run);
});

describe("validate() with its option does what every capability does", () => {
  const routeOptions = {
    schema: { query: z.object({ page: z.coerce.number().default(1) }), response: z.unknown() },
  };
  for (const { name, run } of capabilityConformance(validate, { routeOptions })) test(name, run);
});

describe.each(dispatches)("%s dispatch", (dispatch) => {
  describe.each(libraries)("%s", (_name, schema) => {
    function serve() {
      const server = makeServer({ dispatch });
      server.handle({ method: POST, routePath: "shops/:shop/orders", schema, handler: sendValid });
      return server;
    }

    test("gives the handler what the schemas make", async () => {
      const headers = { "X-Kind": "test" };
      const sent = { method: "POST", path: `${path}?page=2&tag=a&tag=b&more=1`, headers, body: order };
      expect(await ask(serve(), sent)).toEqual([
        200,
        {
          valid: {
            params: { shop: 7 },
            query: { page: 2, tag: ["a", "b"] },
            headers: { "x-kind": "test" },
            body: order,
          },
        },
      ]);
    });

    test.each<
      readonly [
        string,
        string,
        Readonly<Record<string, string>>,
        string | object | undefined,
        readonly string[],
      ]
    >([
      ["a wrong parameter", "/shops/x/orders", {}, order, ["params shop"]],
      ["a wrong query", `${path}?page=x`, {}, order, ["query page"]],
      ["a query with one value for a list", `${path}?tag=a`, {}, order, ["query tag"]],
      ["a query with a list for one value", `${path}?page=1&page=2`, {}, order, ["query page"]],
      ["a wrong header", path, { "X-Kind": "both" }, order, ["headers x-kind"]],
      ["all parts of the head at once", "/shops/x/orders?page=x", {}, order, ["params shop", "query page"]],
      ["a missing member", path, {}, { items: [] }, ["body email"]],
      [
        "a member deep inside",
        path,
        {},
        { ...order, items: [{ price: "5", name: "a" }] },
        ["body items.0.price"],
      ],
      ["another type", path, {}, "5", ["body"]],
      ["a text", path, {}, '"text"', ["body"]],
      ["the JSON null", path, {}, "null", ["body"]],
      ["no body", path, {}, undefined, ["body"]],
    ])("refuses %s", async (_title, target, headers, body, places) => {
      const type = { "Content-Type": "application/json", ...headers };
      const sent = { method: "POST", path: target, headers: type, ...(body === undefined ? {} : { body }) };
      const answer = await serve().inject(sent);
      expect(answer.status).toBe(400);
      expect(answer.headers["content-type"]).toBe("application/problem+json");
      const { errors, ...rest } = answer.json() as {
        errors: { in: string; path: string; message: string }[];
      };
      expect(rest).toEqual({ type: "about:blank", title: "Bad Request", status: 400 });
      const named = errors.map((error) => `${error.in} ${error.path}`.trim());
      expect(named).toEqual(expect.arrayContaining([...places]));
      for (const error of errors) expect(error.message.length).toBeGreaterThan(5);
    });
  });

  test("limits, types and broken bodies come before the schema", async () => {
    const server = makeServer({ dispatch });
    const schema = { body: z.object({ a: z.string() }) };
    server.handle({ method: POST, routePath: "a", schema, maxRequestSizeInBytes: 20, handler: sendValid });
    const limited: Capability = {
      name: "limit",
      install: (host) =>
        void host.gate(GateOrder.RATE_LIMIT, (request, response) => {
          if (request.query["limited"] !== undefined) refuse(response, 429);
        }),
    };
    const busy = makeServer({ dispatch, capabilities: [limited] });
    busy.handle({ routePath: "a", schema: { query: z.object({ a: z.string() }) }, handler: sendValid });
    const post = (body: string, type = "application/json") =>
      ask(server, { method: "POST", path: "/a", body, headers: { "Content-Type": type } });
    expect((await post(JSON.stringify({ a: 5, more: "x".repeat(20) })))[0]).toBe(413);
    expect((await post("{}", "application/json; charset=unknown"))[0]).toBe(415);
    expect(await post("{")).toEqual([400, { type: "about:blank", title: "Bad Request", status: 400 }]);
    expect((await post('{"a":5}'))[1]).toMatchObject({ errors: [{ in: "body", path: "a" }] });
    const statuses = await Promise.all(
      ["/a?limited", "/a"].map(async (target) => (await busy.inject({ path: target })).status),
    );
    expect(statuses).toEqual([429, 400]);
  });

  test("plugins run before the schema, and the handler does not run after a refusal", async () => {
    const events: string[] = [];
    const login: Capability = {
      name: "login",
      install: (host) =>
        void host.gate(GateOrder.LOCAL_PLUGINS, (request, response) => {
          events.push(`login ${request.valid}`);
          if (request.headers.authorization === undefined) refuse(response, 401);
        }),
    };
    const server = makeServer({ dispatch, capabilities: [login] });
    const schema = { query: z.object({ page: z.coerce.number() }) };
    server.handle({
      routePath: "a",
      schema,
      handler: (_request, response) => response.sendJson(events.push("handler")),
    });
    expect((await ask(server, { path: "/a?page=x" }))[0]).toBe(401);
    expect((await ask(server, { path: "/a?page=x", headers: { Authorization: "x" } }))[0]).toBe(400);
    expect((await ask(server, { path: "/a?page=1", headers: { Authorization: "x" } }))[0]).toBe(200);
    expect(events).toEqual(["login undefined", "login undefined", "login undefined", "handler"]);
  });

  test("a body is not read when the head is not valid", async () => {
    const server = makeServer({ dispatch });
    let reads = 0;
    const counted = z.object({ a: z.string() }).transform((value) => {
      reads++;
      return value;
    });
    const schema = { query: z.object({ page: z.coerce.number() }), body: counted };
    server.handle({ method: PUT, routePath: "a", schema, handler: sendValid });
    const put = (target: string) => ask(server, { method: "PUT", path: target, body: { a: "b" } });
    expect((await put("/a?page=x"))[0]).toBe(400);
    expect(reads).toBe(0);
    expect((await put("/a?page=1"))[0]).toBe(200);
    expect(reads).toBe(1);
  });

  test("asynchronous schemas work for each part", async () => {
    const server = makeServer({ dispatch });
    const later = z.string().refine(async (text) => (await wait(1, text)) !== "no", { error: "is taken" });
    const schema = { query: z.object({ name: later }), body: z.object({ name: later }) };
    server.handle({ method: POST, routePath: "a", schema, handler: sendValid });
    const post = (target: string, name: string) =>
      ask(server, { method: "POST", path: target, body: { name } });
    expect(await post("/a?name=x", "y")).toEqual([
      200,
      { valid: { query: { name: "x" }, body: { name: "y" } } },
    ]);
    expect(await post("/a?name=no", "y")).toMatchObject([
      400,
      { errors: [{ in: "query", path: "name", message: "is taken" }] },
    ]);
    expect(await post("/a?name=x", "no")).toMatchObject([400, { errors: [{ in: "body", path: "name" }] }]);
  });

  test("a schema that throws or rejects is a 500", async () => {
    const lines: Parameters<typeof makeServer>[1] = [];
    const server = makeServer({ dispatch }, lines);
    const broken = (validate: () => never | Promise<never>): StandardSchema => ({
      "~standard": { version: 1, vendor: "test", validate },
    });
    const fail = (): never => {
      throw new Error("a secret");
    };
    server.handle({ routePath: "throws", schema: { query: broken(fail) }, handler: sendValid });
    server.handle({
      routePath: "rejects",
      schema: { query: broken(async () => fail()) },
      handler: sendValid,
    });
    for (const target of ["/throws", "/rejects"]) {
      const [status, body] = await ask(server, { path: target });
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toContain("secret");
    }
    expect(lines).toHaveLength(2);
  });

  test("onError() gets the error with the issues, and no issue has the received value", async () => {
    const server = makeServer({ dispatch });
    server.handle({
      method: POST,
      routePath: "a",
      schema: { body: z.object({ a: z.string() }) },
      handler: sendValid,
    });
    server.onError((error, _request, response) => {
      if (isValidationError(error))
        response.sendJson([error.code, error.status, error.issues, error.message]);
    });
    const [status, body] = await ask(server, { method: "POST", path: "/a", body: { a: 987654 } });
    expect(status).toBe(400);
    expect(body).toMatchObject([
      "PKT_VALIDATION_FAILED",
      400,
      [{ in: "body", path: "a" }],
      expect.any(String),
    ]);
    expect(JSON.stringify(body)).not.toContain("987654");
    expect(isValidationError(new Error("another"))).toBe(false);
  });

  test("without a body, the answer is there before the next microtask, and no exchange leaves the direct way", async () => {
    const states: number[] = [];
    const watch: Capability = {
      name: "watch",
      install: (host) =>
        void host.answering((_request, response) => void process.nextTick(() => states.push(response.state))),
    };
    const before: boolean[] = [];
    const tick: Capability = {
      name: "tick",
      install: (host) =>
        void host.gate(GateOrder.LOCAL_PLUGINS, (request) => {
          const index = before.push(true) - 1;
          queueMicrotask(() => (before[index] = request.response?.writableEnded === true));
        }),
    };
    const server = makeServer({ dispatch, capabilities: [watch, tick] });
    server.handle({
      routePath: "get/:id",
      schema: { params: z.object({ id: z.string().max(3) }), query: z.object({}), headers: z.object({}) },
      handler: sendValid,
    });
    server.handle({
      method: POST,
      routePath: "post",
      schema: { body: z.array(z.number()) },
      handler: sendValid,
    });
    expect((await ask(server, { path: "/get/1" }))[0]).toBe(200);
    expect((await ask(server, { path: "/get/1234" }))[0]).toBe(400);
    expect((await ask(server, { method: "POST", path: "/post", body: [1] }))[0]).toBe(200);
    expect((await ask(server, { method: "POST", path: "/post", body: ["1"] }))[0]).toBe(400);
    expect(before.slice(0, 2)).toEqual([true, true]);
    expect(states).toHaveLength(4);
    if (dispatch === "direct") expect(states).not.toContain(ExchangeState.NODE);
  });
});

test("a schema for the body gives the flag JSON_BODY, unless there is another flag for bodies", async () => {
  const server = makeServer();
  const handler = sendValid;
  const schema = { body: z.unknown() };
  server.handle({ method: POST, routePath: "json", schema, handler });
  server.handle({ method: POST, routePath: "raw", schema, flags: PacketronHandlerFlags.RAW_BODY, handler });
  server.handle({ method: POST, routePath: "own", schema: { query: z.object({}) }, handler });
  const textBody = {
    flag: 1 << 20,
    name: "TEXT",
    mediaTypes: ["text/plain"],
    form: "text" as const,
    parse: (text: string) => text,
  };
  const texts = makeServer({
    capabilities: [{ name: "text", install: (host) => host.bodyParser(textBody) }],
  });
  texts.handle({ method: POST, routePath: "text", schema, flags: 1 << 20, handler });
  expect(server.routes().map(({ path: route, flags }) => [route, flags])).toEqual([
    ["/json", ["JSON_BODY"]],
    ["/raw", ["JSON_BODY", "RAW_BODY"]],
    ["/own", []],
  ]);
  expect(texts.routes()[0]?.flags).toEqual(["TEXT"]);
  const sent = { method: "POST", path: "/text", body: "tea", headers: { "Content-Type": "text/plain" } };
  expect(await ask(texts, sent)).toEqual([200, { valid: { body: "tea" } }]);
});

test("schemas of groups are defaults, which a route replaces or turns off", async () => {
  const server = makeServer();
  const page = { query: z.object({ page: z.coerce.number() }) };
  const group = server.group({ prefix: "v1", schema: page });
  group.handle({ routePath: "inherited", handler: sendValid });
  group.group({ prefix: "inner" }).handle({ routePath: "a", handler: sendValid });
  group.handle({ routePath: "own", schema: { query: z.object({ size: z.string() }) }, handler: sendValid });
  group.handle({ routePath: "false", schema: false, handler: sendValid });
  group.handle({ routePath: "null", schema: null, handler: sendValid });
  const get = async (target: string) => ask(server, { path: `/v1/${target}` });
  expect(await get("inherited?page=3")).toEqual([200, { valid: { query: { page: 3 } } }]);
  expect((await get("inherited"))[0]).toBe(400);
  expect((await get("inner/a"))[0]).toBe(400);
  expect(await get("own?size=x")).toEqual([200, { valid: { query: { size: "x" } } }]);
  expect((await get("own?page=3"))[0]).toBe(400);
  expect(await get("false")).toEqual([200, {}]);
  expect(await get("null")).toEqual([200, {}]);
});

describe("an answer that does not fit is logged in development, and stays as it is", () => {
  test.each([
    ["a member of another type", { id: "5", more: 1 }, 200, ["PKT_VALIDATION_RESPONSE"]],
    ["an answer that fits, with members that the schema would strip", { id: 5, more: 1 }, 200, []],
    ["an answer that is no success", { id: "5" }, 404, []],
  ])("%s", async (_title, body, status, codes) => {
    const lines: Parameters<typeof makeServer>[1] = [];
    const server = makeServer({}, lines);
    const schema = { response: z.object({ id: z.number() }) };
    server.handle({
      routePath: "a",
      schema,
      handler: (_request, response) => response.sendJson(body, status),
    });
    expect(await ask(server, { path: "/a" })).toEqual([status, body]);
    await wait(0);
    expect(lines.map(({ code }) => code)).toEqual(codes);
  });

  test("text and asynchronous schemas", async () => {
    const lines: Parameters<typeof makeServer>[1] = [];
    const server = makeServer({}, lines);
    const schema = { response: z.string().refine(async () => false, { error: "never" }) };
    server.handle({
      routePath: "text",
      schema,
      handler: (_request, response) => response.sendTextPlain("a"),
    });
    server.handle({ routePath: "json", schema, handler: (_request, response) => response.sendJson("a") });
    expect(await ask(server, { path: "/text" })).toEqual([200, "a"]);
    expect(await ask(server, { path: "/json" })).toEqual([200, "a"]);
    await wait(0);
    expect(lines.map(({ code }) => code)).toEqual(["PKT_VALIDATION_RESPONSE"]);
  });
});

describe("mistakes throw at registration, and the message says what to do", () => {
  const object = z.object({});
  test.each<readonly [string, unknown, string, RegExp]>([
    ["true", true, "PKT_OPTION_INVALID", /schema.*true.*an object such as/],
    ["a schema in place of the parts", object, "PKT_OPTION_UNKNOWN", /schema\./],
    ["no part", {}, "PKT_OPTION_INVALID", /at least one of params/],
    ["a misspelt part", { qurey: object }, "PKT_OPTION_UNKNOWN", /Did you mean "query"/],
    [
      "a JSON Schema",
      { query: { type: "object" } },
      "PKT_OPTION_INVALID",
      /a Standard Schema, such as one of zod 4/,
    ],
    ["params of a path without parameters", { params: object }, "PKT_OPTION_INVALID", /POST \/a has none/],
  ])("%s", (_title, schema, code, message) => {
    const server = makeServer();
    const options = { method: POST, routePath: "a", handler: sendValid, schema: schema as RouteSchema };
    const error = catchError(() => server.handle(options));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test.each([
    ["GET", GET, 0, /a method with a body/],
    ["HEAD", HEAD, 0, /a method with a body/],
    ["DONT_USE_BODY", POST, PacketronHandlerFlags.DONT_USE_BODY, /without DONT_USE_BODY/],
  ])("a schema for bodies with %s", (_title, method, flags, message) => {
    const server = makeServer();
    const schema = { body: object };
    const error = catchError(() =>
      server.handle({ method, routePath: "a", flags, schema, handler: sendValid }),
    );
    expect(error).toMatchObject({ code: "PKT_OPTION_INVALID", message: expect.stringMatching(message) });
  });
});

function catchError(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("the call did not throw");
}
