import { type Handler, Packetron, PacketronRequestMethod } from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { ExchangeState } from "../../core/src/message/exchange.ts";
import { type OpenapiOptions, openapi } from "../src/index.ts";
import { addRoutes, info, makeServer, ofValibot } from "./_server.ts";

const send: Handler = (_request, response) => response.sendOk();

describe("openapi() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(openapi)) test(name, run);
});

describe("openapi() with its option does what every capability does", () => {
  const options = { openapi: { info } };
  for (const { name, run } of capabilityConformance(openapi, {
    options,
    routeOptions: { docs: { summary: "a" } },
  }))
    test(name, run);
});

describe("the document", () => {
  const full: OpenapiOptions = {
    info,
    servers: [{ url: "https://api.example/" }],
    security: { token: { type: "http", scheme: "bearer" } },
    toJsonSchema: ofValibot,
  };

  test("is accepted by a validator of OpenAPI 3.1", async () => {
    for (const option of [{ info }, full]) {
      const server = makeServer(option);
      addRoutes(server);
      const document = JSON.parse(JSON.stringify(server.openapi()));
      expect(await new Validator().validate(document)).toEqual({ valid: true });
    }
    expect(await new Validator().validate({ openapi: "3.1.1", info, paths: { a: 5 } })).toMatchObject({
      valid: false,
    });
  });

  test("has the routes, with paths as templates", () => {
    const server = makeServer(full);
    addRoutes(server);
    const { paths } = server.openapi();
    const found = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(found).toEqual([
      "get /",
      "get /a%3Ab/%3Ac",
      "put /ark",
      "put /dates",
      "delete /files/{path}",
      "get /gr%C3%B6%C3%9Fe/%7Bx%7D",
      "get /shops/{id}/orders",
      "post /shops/{id}/orders",
      "put /trees",
      "put /vali",
    ]);
  });

  test("has what schemas, flags and docs say about a route", () => {
    const server = makeServer(full);
    addRoutes(server);
    const { paths } = server.openapi();
    const problem = { $ref: "#/components/responses/Problem" };
    expect(paths["/shops/{id}/orders"]?.["post"]).toEqual({
      operationId: "createOrder",
      description: "Orders tea.",
      deprecated: true,
      parameters: [
        { name: "id", in: "path", required: true, schema: expect.objectContaining({ type: "integer" }) },
        { name: "page", in: "query", required: false, schema: { type: "number", default: 1 } },
        { name: "kind", in: "query", required: true, schema: { type: "string" } },
        { name: "x-kind", in: "header", required: false, schema: { type: "string", enum: ["a", "b"] } },
      ],
      requestBody: {
        required: true,
        content: { "application/json": { schema: expect.objectContaining({ required: ["items"] }) } },
      },
      responses: {
        201: {
          description: "Created",
          content: { "application/json": { schema: expect.objectContaining({ required: ["id"] }) } },
        },
        400: problem,
        404: { description: "There is no such shop." },
        413: problem,
        415: problem,
      },
    });
    expect(paths["/"]?.["get"]).toEqual({
      summary: "The start",
      tags: ["pages"],
      responses: { 200: { description: "The answer" } },
    });
  });

  test("moves what a schema refers to into the components, and a body that may be null is not required", () => {
    const server = makeServer(full);
    addRoutes(server);
    const { paths, components } = server.openapi();
    const text = JSON.stringify(paths["/trees"]);
    expect(text).toContain('"required":false');
    const references = [
      ...JSON.stringify({ text, components }).matchAll(/#\/components\/schemas\/([\w.-]+)/g),
    ];
    expect(references.length).toBeGreaterThan(1);
    for (const [, name = ""] of references) expect(Object.keys(components["schemas"] ?? {})).toContain(name);
  });

  test("has {} for a schema without a JSON Schema, with one warning", () => {
    const warnings: unknown[] = [];
    const server = makeServer({ info }, {}, warnings);
    addRoutes(server);
    const { paths } = server.openapi();
    expect(JSON.stringify(paths["/dates"])).toContain('"schema":{}');
    expect(JSON.stringify(paths["/vali"])).toContain('"schema":{}');
    server.handle({ routePath: "more", handler: send });
    expect(server.openapi().paths).toHaveProperty("/more");
    expect(warnings).toMatchObject([
      { route: "PUT /dates", part: "body", reason: expect.stringContaining("Date") },
      { route: "PUT /vali", part: "body", reason: expect.stringContaining("give openapi.toJsonSchema") },
    ]);
  });

  test("is made again when routes are added or removed, and not otherwise", () => {
    const server = makeServer({ info });
    const route = server.handle({ routePath: "a", handler: send });
    const first = server.openapi();
    expect(server.openapi()).toBe(first);
    route.remove();
    expect(Object.keys(server.openapi().paths)).toEqual([]);
  });
});

describe.each(["direct", "standard"] as const)("%s dispatch", (dispatch) => {
  test("the document is served at its path, unless a route of the program has it", async () => {
    const states: number[] = [];
    const watch = {
      name: "watch",
      install: (host: Parameters<ReturnType<typeof openapi>["install"]>[0]) =>
        void host.answering((_request, response) => void process.nextTick(() => states.push(response.state))),
    };
    const server = makeServer(
      { info, path: "api/openapi.json" },
      { dispatch, capabilities: [openapi(), watch] },
    );
    const answer = await server.inject({ path: "/api/openapi.json" });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(server.openapi())));
    expect((await server.inject({ path: "/openapi.json" })).status).toBe(404);
    expect((await server.inject({ method: "POST", path: "/api/openapi.json" })).status).toBe(405);
    if (dispatch === "direct") expect(states).not.toContain(ExchangeState.NODE);
    server.handle({ routePath: "api/openapi.json", handler: (_request, response) => response.send("own") });
    expect((await server.inject({ path: "/api/openapi.json" })).text()).toBe("own");
  });

  test("the page has a strict policy, and loads nothing from elsewhere", async () => {
    const page = { path: "docs", ui: "swagger-ui" } as const;
    const server = makeServer({ info, page, servers: [{ url: "https://api.example/v1" }] }, { dispatch });
    const answer = await server.inject({ path: "/docs" });
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    const policy = String(answer.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("connect-src 'self' https://api.example;");
    expect(answer.text()).toContain("<title>Shops &lt;&amp;&gt;</title>");
    expect(answer.text()).not.toMatch(/https?:|<script>/);
    for (const [file, type] of [
      ["swagger-ui.css", "text/css; charset=utf-8"],
      ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
      ["start.js", "text/javascript; charset=utf-8"],
    ]) {
      const asset = await server.inject({ path: `/docs/${file}` });
      expect([file, asset.status, asset.headers["content-type"]]).toEqual([file, 200, type]);
      expect(asset.bytes().length).toBeGreaterThan(20);
    }
    expect((await server.inject({ path: "/docs/package.json" })).status).toBe(404);
    expect((await server.inject({ path: "/docs/..%2fpackage.json" })).status).toBe(404);
  });
});

test("without the option there is no document, and openapi() says what to do", async () => {
  const server = makeServer();
  expect((await server.inject({ path: "/openapi.json" })).status).toBe(404);
  expect(() => server.openapi()).toThrow(expect.objectContaining({ code: "PKT_OPENAPI_OFF" }));
  const pathless = makeServer({ info, path: false });
  expect((await pathless.inject({ path: "/openapi.json" })).status).toBe(404);
  expect(pathless.openapi().info).toEqual(info);
});

describe("mistakes throw, and the message says what to do", () => {
  test.each<readonly [string, unknown, string, RegExp]>([
    ["no object", true, "PKT_OPTION_INVALID", /an object such as \{ info/],
    ["no title", { info: { version: "1" } }, "PKT_OPTION_INVALID", /openapi.info/],
    [
      "an unknown part",
      { info, page: { path: "docs", ui: "scalar", theme: 1 } },
      "PKT_OPTION_UNKNOWN",
      /openapi.page.theme/,
    ],
    [
      "an unknown ui",
      { info, page: { path: "docs", ui: "rapidoc" } },
      "PKT_OPTION_INVALID",
      /"scalar", "swagger-ui" or/,
    ],
    [
      "a page without a document",
      { info, path: false, page: { path: "docs", ui: "redoc" } },
      "PKT_OPTION_INVALID",
      /loads/,
    ],
    ["a path with a parameter", { info, path: "docs/:id" }, "PKT_OPTION_INVALID", /openapi.path/],
    ["servers without a url", { info, servers: ["https://a"] }, "PKT_OPTION_INVALID", /openapi.servers/],
    ["security as a list", { info, security: ["token"] }, "PKT_OPTION_INVALID", /schemes by name/],
    ["another toJsonSchema", { info, toJsonSchema: {} }, "PKT_OPTION_INVALID", /a function \(schema, io\)/],
    [
      "a page without its package",
      { info, page: { path: "docs", ui: "redoc" } },
      "PKT_OPENAPI_UI",
      /npm install redoc/,
    ],
  ])("%s", (_title, option, code, message) => {
    const make = () =>
      new Packetron({ capabilities: [openapi()], maxThreads: 1, openapi: option as OpenapiOptions });
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test.each<readonly [string, unknown, string, RegExp]>([
    ["a text", "Lists orders", "PKT_OPTION_INVALID", /docs/],
    ["a misspelt part", { sumary: "a" }, "PKT_OPTION_UNKNOWN", /Did you mean "summary"/],
    ["tags as a text", { tags: "a" }, "PKT_OPTION_INVALID", /a list of texts/],
    ["deprecated as a text", { deprecated: "yes" }, "PKT_OPTION_INVALID", /true or false/],
    ["a response without a status", { responses: { ok: {} } }, "PKT_OPTION_INVALID", /responses by status/],
  ])("docs: %s", (_title, docs, code, message) => {
    const server = makeServer({ info });
    const options = {
      method: PacketronRequestMethod.GET,
      routePath: "a",
      handler: send,
      docs: docs as { summary: string },
    };
    expect(() => server.handle(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
