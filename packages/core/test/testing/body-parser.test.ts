import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { type Capability, PacketronError } from "../../src/index.ts";
import { type BodyParserSetup, bodyParserConformance } from "../../src/testing/index.ts";
import { bytesParser, parseSafely, SAMPLE_BODY, setupOf, streamParser, textParser } from "./_parsers.ts";

describe.each<readonly [form: string, create: () => Capability]>([
  ["text", () => textParser()],
  ["bytes", () => bytesParser()],
  ["a stream", () => streamParser()],
  ["a stream, of its own media type only", () => streamParser(undefined, { requireMediaType: true })],
])("a correct parser of %s passes every case", (_form, create) => {
  for (const { name, run } of bodyParserConformance(setupOf(create))) test(name, run);
});

describe("a parser with its own coded errors passes when the setup names them", () => {
  const create = (): Capability =>
    textParser((input) => {
      if (input === "{") throw new PacketronError("PKT_SAMPLE_BRACKET", "a lone bracket", { status: 422 });
      return parseSafely(input);
    });
  const invalid = { name: "a lone bracket", mediaType: "application/x-sample", body: "{" };
  const coded = { ...invalid, code: "PKT_SAMPLE_BRACKET", status: 422 };
  for (const { name, run } of bodyParserConformance(setupOf(create, { invalid: [coded] }))) test(name, run);

  test("and fails when the setup does not name them", () =>
    expectCaught(create, "a lone bracket: it gives null", { invalid: [invalid] }));
});

describe("a broken parser fails the case for its fault", () => {
  /** State that a broken parser keeps between requests. */
  let kept = "";
  let first: unknown;

  afterEach(() => {
    kept = "";
    first = undefined;
  });

  const shared: Record<string, unknown> = {};
  const broken: readonly (readonly [fault: string, create: () => Capability, caughtBy: string])[] = [
    ["gives text instead of a value", () => textParser((input) => input), "a map: sent whole"],
    [
      "reads bytes as Latin-1",
      () => bytesParser((bytes) => parseSafely(bytes.toString("latin1"))),
      "a map: sent whole",
    ],
    ["never settles", () => textParser(() => new Promise(() => {})), "a list: sent whole"],
    [
      "gives null for invalid bodies without an error",
      () => textParser(orNull),
      "a lone bracket: it gives null",
    ],
    [
      "gives null, so nothing is rejected",
      () => textParser(orNull),
      "a lone bracket: with REJECT_INVALID_BODY",
    ],
    [
      "always gives its first value",
      () =>
        textParser((input) => {
          first ??= parseSafely(input);
          return first;
        }),
      "bodies sent one after another give their own values",
    ],
    [
      "reuses one object for all values",
      () =>
        textParser((input) => {
          for (const key of Object.keys(shared)) delete shared[key];
          return Object.assign(shared, parseSafely(input));
        }),
      "bodies sent one after another give their own values",
    ],
    [
      "gives equal bodies the same object",
      () => {
        const cache = new Map<string, unknown>();
        return textParser((input) => {
          if (!cache.has(input)) cache.set(input, parseSafely(input));
          return cache.get(input);
        });
      },
      "bodies sent one after another give their own values",
    ],
    [
      "appends each body to the remainder of the previous one",
      () =>
        textParser((input) => {
          kept += input;
          const value = parseSafely(kept);
          kept = "";
          return value;
        }),
      "pipelined requests after a body",
    ],
    ["keeps __proto__ as a key", () => textParser(JSON.parse), "no hostile body changes a prototype"],
    [
      "replaces the prototype of its value",
      () => textParser((input) => Object.assign({}, JSON.parse(input))),
      "no hostile body changes a prototype",
    ],
    ["merges into Object.prototype", () => textParser(mergeAll), "no hostile body changes a prototype"],
    [
      "keeps constructor.prototype",
      () => textParser((input) => JSON.parse(input.replaceAll("__proto__", "x"))),
      "no hostile body changes a prototype",
    ],
    [
      "writes into the bytes it was given",
      () =>
        bytesParser((bytes) =>
          parseSafely(
            bytes
              .fill(0x20, bytes.length - 1)
              .toString()
              .replace(/ $/, "}"),
          ),
        ),
      "with RAW_BODY",
    ],
    [
      "claims the media type of another format",
      () => textParser(undefined, { mediaTypes: ["a/b"] }),
      "with another body bit",
    ],
    [
      "also claims the media types of other formats",
      () => textParser(undefined, { mediaTypes: ["application/*"] }),
      "with another body bit",
    ],
    ["has no media type", () => textParser(undefined, { mediaTypes: [] }), "the parser claims its bit"],
    [
      "has a media type in capitals",
      () => textParser(undefined, { mediaTypes: ["Application/X"] }),
      "the parser claims its bit",
    ],
    [
      "has a name like a function",
      () => textParser(undefined, { name: "sampleBody" }),
      "the parser claims its bit",
    ],
    [
      "claims another bit",
      () => textParser(undefined, { flag: SAMPLE_BODY << 1 }),
      "the parser claims its bit",
    ],
    [
      "refuses other media types in its own code",
      () => refusingOtherTypes(),
      "as the only body bit of a route",
    ],
    ["reads the first chunk only", () => streamParser(readFirstChunk), "a list: sent byte by byte"],
    ["decodes each chunk separately", () => streamParser(readChunkByChunk), "a map: sent byte by byte"],
    [
      "collects the chunks of all requests together",
      () => streamParser(readIntoOne),
      "bodies that arrive at the same time",
    ],
    [
      "waits for an end that an invalid body never has",
      () => streamParser(waitForBracket),
      "a lone bracket: it gives null",
    ],
  ];

  test.each(broken)("a parser that %s", (_fault, create, caughtBy) => expectCaught(create, caughtBy));

  function orNull(input: string): unknown {
    try {
      return parseSafely(input);
    } catch {
      return null;
    }
  }

  async function readIntoOne(stream: Readable): Promise<unknown> {
    for await (const chunk of stream) kept += String(chunk);
    const all = kept;
    kept = "";
    return parseSafely(all);
  }
});

describe("a setup that cannot distinguish a correct parser from a broken one is refused", () => {
  const mediaType = "text/plain";
  test.each<readonly [fault: string, setup: Partial<BodyParserSetup>, message: string]>([
    [
      "one valid body",
      { valid: [{ name: "a", mediaType, body: "ab", value: "ab" }] },
      "at least two valid bodies",
    ],
    [
      "two valid bodies with one value",
      { valid: ["a", "b"].map((name) => ({ name, mediaType, body: "ab", value: "ab" })) },
      "different values",
    ],
    [
      "valid bodies of one byte",
      { valid: ["a", "b"].map((name) => ({ name, mediaType, body: name, value: name })) },
      "at least two bytes",
    ],
    ["two bodies with one name", { invalid: [{ name: "a map", mediaType, body: "{" }] }, "must be unique"],
  ])("%s", (_fault, change, message) => {
    expect(() => bodyParserConformance(setupOf(() => textParser(), change))).toThrow(message);
  });
});

test("the names of the cases are unique", () => {
  const names = bodyParserConformance(setupOf(() => textParser())).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

/** Expects that the only case whose name begins with `caughtBy` rejects. */
async function expectCaught(
  create: () => Capability,
  caughtBy: string,
  more: Partial<BodyParserSetup> = {},
): Promise<void> {
  const suite = bodyParserConformance(setupOf(create, { timeoutMs: 500, ...more }));
  const cases = suite.filter(({ name }) => name.startsWith(caughtBy));
  expect(cases).toHaveLength(1);
  await expect(cases[0]?.run()).rejects.toThrow();
}

/** A naive deep merge, with which a body with __proto__ pollutes Object.prototype. */
function mergeAll(input: string): unknown {
  const merge = (target: object, source: object): object => {
    for (const [key, value] of Object.entries(source)) {
      const present: unknown = Reflect.get(target, key);
      const nested =
        typeof present === "object" && present !== null && typeof value === "object" && value !== null;
      if (nested) merge(present, value);
      else Reflect.set(target, key, value);
    }
    return target;
  };
  return merge({}, JSON.parse(input));
}

function refusingOtherTypes(): Capability {
  return {
    name: "sample-parser",
    install: (host) =>
      host.bodyParser({
        flag: SAMPLE_BODY,
        name: "SAMPLE_BODY",
        mediaTypes: ["application/x-sample"],
        form: "text",
        parse(input, request) {
          if (!request.headers["content-type"]?.includes("sample")) throw new SyntaxError("another type");
          return parseSafely(input);
        },
      }),
  };
}

function readFirstChunk(stream: Readable): Promise<unknown> {
  return new Promise((resolve, reject) => {
    stream.once("data", (chunk) => {
      stream.resume();
      try {
        resolve(parseSafely(String(chunk)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

async function readChunkByChunk(stream: Readable): Promise<unknown> {
  let all = "";
  for await (const chunk of stream) all += String(chunk);
  return parseSafely(all);
}

async function waitForBracket(stream: Readable): Promise<unknown> {
  const all = await text(stream);
  return all.endsWith("]") || all.endsWith("}") ? parseSafely(all) : new Promise(() => {});
}
