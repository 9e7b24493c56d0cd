import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { problem } from "../_problem.ts";
import { type BodyServer, gives, post, startBodies } from "../body/_bodies.ts";
import { COUNT_BODY, count, forms, HEX_BODY, hex, json, text } from "../message/_parsers.ts";

const { DONT_USE_BODY, FORM_DATA, JSON_BODY, PLAIN_TEXT_BODY, RAW_BODY, REJECT_INVALID_BODY } =
  PacketronHandlerFlags;

const JSON_TYPE = { "Content-Type": "application/json" };

describe("the value of a body", () => {
  let server: BodyServer;
  beforeAll(async () => {
    server = await startBodies(
      {
        json: { flags: JSON_BODY },
        strict: { flags: JSON_BODY | REJECT_INVALID_BODY },
        none: {},
        unused: { flags: JSON_BODY | DONT_USE_BODY },
        raw: { flags: RAW_BODY },
        signed: { flags: JSON_BODY | RAW_BODY },
        hex: { flags: HEX_BODY },
        count: { flags: COUNT_BODY },
        "strict-count": { flags: COUNT_BODY | REJECT_INVALID_BODY },
      },
      [json, text, hex, count],
    );
  });
  afterAll(() => server.stop());

  test.each([
    ["json", { body: '{"a":1}' }, gives({ body: { a: 1 } })],
    ["json", { body: '{"a":1}', chunks: [1] }, gives({ body: { a: 1 } })],
    ["json", {}, gives({})],
    ["json", { chunks: [] }, gives({})],
    ["json", { headers: JSON_TYPE }, gives({})],
    ["json", { body: "\uFEFF" }, gives({})],
    ["json", { body: '{"a":' }, gives({ error: "PKT_BODY_INVALID" })],
    ["json", { body: "null" }, gives({})],
    ["none", { body: '{"a":1}' }, gives({})],
    ["unused", { body: '{"a":1}' }, gives({})],
    ["signed", { body: '{ "a":1}' }, gives({ body: { a: 1 }, raw: '{ "a":1}' })],
    ["signed", { body: "{" }, gives({ raw: "{", error: "PKT_BODY_INVALID" })],
    ["signed", {}, gives({})],
    ["raw", { body: "any" }, gives({ raw: "any" })],
    ["hex", { body: "\uFEFFA" }, gives({ body: "efbbbf41" })],
    ["count", { body: "12345" }, gives({ body: 5, files: { first: "1" } })],
    ["count", { body: "12345", chunks: [1] }, gives({ body: 5, files: { first: "1" } })],
    ["count", { chunks: [] }, gives({})],
    ["count", {}, gives({})],
    ["count", { body: "!" }, gives({ error: "PKT_BODY_INVALID" })],
  ])("/%s with %j gives %j", async (path, posting, expected) => {
    const answer = await post(server, path, posting);
    expect(answer.report).toEqual(expected);
    expect(answer.status).toBe(200);
  });

  test.each([
    ["strict", { body: "{" }, 400],
    ["strict", { body: "{}", headers: { "Content-Type": "application/json; charset=no-such" } }, 415],
    ["strict-count", { body: "!" }, 400],
  ])(
    "/%s with %j is refused by REJECT_INVALID_BODY with %i, and the answer says no more",
    async (path, posting, status) => {
      const answer = await post(server, path, posting);
      expect(answer.status).toBe(status);
      expect(String(answer.body)).toBe(problem(status));
    },
  );

  test("a valid or empty body passes REJECT_INVALID_BODY and is read once", async () => {
    expect((await post(server, "strict", { body: "[1]" })).report).toEqual(gives({ body: [1] }));
    expect((await post(server, "strict")).report).toEqual(gives({}));
  });

  test("invalid bodies are logged once a second with the parser's reason, which is not in the answer", async () => {
    const other = await startBodies({ json: { flags: JSON_BODY } }, [json]);
    for (let index = 0; index < 5; index++) await post(other, "json", { body: "{" });
    expect(other.warnings).toHaveLength(1);
    expect(other.warnings[0]).toMatchObject({ route: "POST /json", code: "PKT_BODY_INVALID", omitted: 0 });
    expect(other.reported).toEqual([]);
    await other.stop();
  });
});

describe("the parser of a body", () => {
  let server: BodyServer;
  beforeAll(async () => {
    server = await startBodies(
      {
        one: { flags: JSON_BODY },
        two: { flags: JSON_BODY | PLAIN_TEXT_BODY },
        form: { flags: FORM_DATA },
        "strict-form": { flags: FORM_DATA | REJECT_INVALID_BODY },
        demanding: { flags: HEX_BODY },
        "strict-demanding": { flags: HEX_BODY | REJECT_INVALID_BODY },
      },
      [json, text, ...forms, { ...hex, requireMediaType: true }],
    );
  });
  afterAll(() => server.stop());

  test.each([
    ["one", "text/plain", gives({ body: 1 })],
    ["one", undefined, gives({ body: 1 })],
    ["one", "multipart/form-data; boundary=x", gives({ body: 1 })],
    ["two", "application/json", gives({ body: 1 })],
    ["two", "Application/JSON ; charset=utf-8", gives({ body: 1 })],
    ["two", "application/problem+json", gives({ body: 1 })],
    ["two", "text/plain", gives({ body: "1" })],
    ["two", "text/x+json", gives({ body: 1 })],
    ["form", "application/x-www-form-urlencoded", gives({ body: "1" })],
    ["form", "multipart/form-data; boundary=x", gives({ body: "parts" })],
    ["form", "application/json", gives({ error: "PKT_BODY_TYPE" })],
    ["form", undefined, gives({ error: "PKT_BODY_TYPE" })],
    ["demanding", "application/octet-stream", gives({ body: "31" })],
    ["demanding", "text/plain", gives({ error: "PKT_BODY_TYPE" })],
  ])("/%s with the type %s gives %j", async (path, type, expected) => {
    const headers: Record<string, string> = type === undefined ? {} : { "Content-Type": type };
    const answer = await post(server, path, { body: "1", headers });
    expect(answer.report).toEqual(expected);
    expect(answer.status).toBe(200);
  });

  test.each([
    ["two", "application/xml"],
    ["two", undefined],
    ["two", "no type at all"],
    ["strict-form", "application/json"],
    ["strict-demanding", "text/plain"],
  ])("/%s with the type %s is 415 and its handler does not run", async (path, type) => {
    const headers: Record<string, string> = type === undefined ? {} : { "Content-Type": type };
    const answer = await post(server, path, { body: "1", headers });
    expect(answer.status).toBe(415);
    expect(String(answer.body)).toBe(problem(415));
  });

  test("a request without a body needs no Content-Type, also on a route with several body bits", async () => {
    expect((await post(server, "two", { headers: { "Content-Type": "a/b" } })).report).toEqual(gives({}));
  });
});
