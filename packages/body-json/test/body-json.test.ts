import {
  Packetron,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  PacketronServerFlags,
} from "@packetron/core";
import { bodyParserConformance, capabilityConformance } from "@packetron/core/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bodyJson } from "../src/index.ts";

const mediaType = "application/json";

describe.each(["refuse", "drop"] as const)(
  "bodyJson() with %s does what every body parser does",
  (poisoning) => {
    const suite = bodyParserConformance({
      create: () => bodyJson({ poisoning }),
      flag: PacketronHandlerFlags.JSON_BODY,
      valid: [
        { name: "an object", mediaType, body: '{"a":[1,"é",null]}', value: { a: [1, "é", null] } },
        { name: "a string", mediaType: "application/problem+json", body: '"b"', value: "b" },
        { name: "null", mediaType: "text/json; charset=utf-8", body: "null", value: null },
        { name: "whitespace around", mediaType, body: " \r\n[ 7 ]\t", value: [7] },
      ],
      invalid: [
        { name: "a lone bracket", mediaType, body: "{" },
        { name: "whitespace alone", mediaType, body: " " },
        { name: "100,000 brackets", mediaType, body: "[".repeat(100_000) },
        { name: "101 levels", mediaType, body: "[".repeat(101) + "]".repeat(101) },
      ],
    });
    for (const { name, run } of suite) test(name, run);
  },
);

describe("bodyJson() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(bodyJson)) test(name, run);
});

describe("the bytes of a JSON body", () => {
  const bodies: unknown[] = [];
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    flags: PacketronServerFlags.SILENCE_INTERNAL_LOGS,
    capabilities: [bodyJson()],
  });

  beforeAll(async () => {
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "/",
      flags: PacketronHandlerFlags.JSON_BODY,
      handler: async (request, response) => {
        const body = await request.getBody();
        const error = await request.getBodyError();
        bodies.push(error === null ? body : error);
        response.sendStatusCode(204);
      },
    });
    await server.start();
  });

  afterAll(() => server.stop());

  test.each<readonly [name: string, bytes: Buffer, charset: string, value: unknown]>([
    ["a byte order mark is not part of the text", Buffer.from("\ufeff[1]"), "", [1]],
    ["a byte order mark alone is an empty body", Buffer.from("\ufeff"), "", null],
    ["bytes that are not UTF-8 become U+FFFD", Buffer.from('["\xe9"]', "latin1"), "", ["\ufffd"]],
    ["a declared charset is decoded", Buffer.from('["\xe9"]', "latin1"), "; charset=latin1", ["é"]],
    ["UTF-16 with its charset is decoded", Buffer.from('["é"]', "utf16le"), "; charset=utf-16le", ["é"]],
    ["UTF-16 without a charset is not valid", Buffer.from('["é"]', "utf16le"), "", "PKT_BODY_INVALID"],
    ["a poisoned body is not valid", Buffer.from('{"__proto__":{}}'), "", "PKT_BODY_INVALID"],
    ["100 levels have a value", nested(100), "", expect.any(Array)],
    ["101 levels are not valid", nested(101), "", "PKT_BODY_INVALID"],
    ["100,000 levels, closed, are not valid", nested(1e5), "", "PKT_BODY_INVALID"],
    ["an unknown charset is refused", Buffer.from("[1]"), "; charset=klingon", "PKT_BODY_CHARSET"],
  ])("%s", async (_name, bytes, charset, value) => {
    const headers = { "content-type": `application/json${charset}` };
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, {
      method: "POST",
      body: new Uint8Array(bytes),
      headers,
    });
    expect(answer.status).toBe(204);
    const body = bodies.pop();
    if (typeof value === "string") expect(body).toMatchObject({ code: value });
    else expect(body).toEqual(value);
  });
});

describe("maxDepth", () => {
  test.each([
    [undefined, 100, 101],
    [3, 3, 4],
    [1, 1, 2],
    [null, 100_000, undefined],
  ])(
    "%j takes %d levels, and answers 400 to %j with REJECT_INVALID_BODY",
    async (maxDepth, passes, fails) => {
      const options = maxDepth === undefined ? {} : { maxDepth };
      const server = new Packetron({
        host: "127.0.0.1",
        port: 0,
        maxThreads: 1,
        idleGrace: 0,
        flags: PacketronServerFlags.SILENCE_INTERNAL_LOGS,
        capabilities: [bodyJson(options)],
      });
      server.handle({
        method: PacketronRequestMethod.POST,
        routePath: "/",
        flags: PacketronHandlerFlags.JSON_BODY | PacketronHandlerFlags.REJECT_INVALID_BODY,
        handler: async (request, response) => {
          response.sendJson(Array.isArray(await request.getBody()));
        },
      });
      await server.start();
      onTestFinished(() => server.stop());
      const post = (levels: number): Promise<Response> =>
        fetch(`http://127.0.0.1:${server.port}/`, {
          method: "POST",
          headers: { "content-type": mediaType },
          body: new Uint8Array(nested(levels)),
        });
      expect(await (await post(passes)).json()).toBe(true);
      if (fails === undefined) return;
      expect((await post(fails)).status).toBe(400);
    },
  );

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "100", true, {}, 2 ** 53])(
    "%s is refused when the server is made",
    (maxDepth) => {
      const create = (): unknown => Reflect.apply(bodyJson, undefined, [{ maxDepth }]);
      expect(create).toThrow(expect.objectContaining({ code: "PKT_OPTION_INVALID" }));
      expect(create).toThrow(/"bodyJson\(\)\.maxDepth": got .+, expected a whole number from 1, or null/);
    },
  );
});

test("an unknown poisoning is refused by the factory, and the message names the choices", () => {
  const options: { poisoning: "refuse" } = JSON.parse('{"poisoning":"ignore"}');
  expect(() => bodyJson(options)).toThrow(
    'Option "bodyJson().poisoning": got "ignore", expected "refuse" or "drop".',
  );
});

function nested(levels: number): Buffer {
  return Buffer.from("[".repeat(levels) + "]".repeat(levels));
}
