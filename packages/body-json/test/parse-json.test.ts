import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../src/parse-json.ts";
import { accepted, eitherWay, refused } from "./_rfc8259.ts";

const pristine = Object.getOwnPropertyNames(Object.prototype);

describe("RFC 8259", () => {
  test.each(accepted)("%s is accepted", (_name, text, value) => {
    expect(parseJson(text, "refuse")).toStrictEqual(value);
  });

  test.each(refused)("%s is refused", (_name, text) => {
    expect(() => parseJson(text, "refuse")).toThrow(SyntaxError);
  });

  test.each(eitherWay)("%s gives a value or a SyntaxError", (_name, text) => {
    expect(outcomeOf(text)).toMatch(/^(value|SyntaxError)$/);
  });
});

describe("keys that could reach a prototype", () => {
  const poisoned: readonly (readonly [text: string, without: unknown])[] = [
    ['{"__proto__":{"polluted":true}}', {}],
    ['{"a":1,"__proto__":null}', { a: 1 }],
    ['{"__proto__":1,"__proto__":2}', {}],
    ['{ "__proto__" : [] }', {}],
    [String.raw`{"\u005f_proto__":{}}`, {}],
    [String.raw`{"\u005F\u005fproto\u005f\u005F":{}}`, {}],
    [String.raw`{"__pr\u006fto__":{}}`, {}],
    [String.raw`{"__\u0070\u0072\u006F\u0074\u006f__":{}}`, {}],
    [String.raw`{"\u005f\u005f\u0070\u0072\u006f\u0074\u006f\u005f\u005f":{}}`, {}],
    ['[{"a":[{"__proto__":{}}]}]', [{ a: [{}] }]],
    ['{"__proto__":{"__proto__":{}},"b":{"__proto__":0}}', { b: {} }],
    ['{"constructor":{"prototype":{"polluted":true}}}', {}],
    ['{"constructor":{"prototype":null,"name":"x"},"c":3}', { c: 3 }],
    [String.raw`{"constru\u0063tor":{"prototype":{}}}`, {}],
    [String.raw`{"constructor":{"\u0070rototype":{}}}`, {}],
    ['{"a":{"constructor":{"prototype":{"__proto__":{}}}}}', { a: {} }],
    [`${'{"a":'.repeat(50_000)}{"__proto__":1}${"}".repeat(50_000)}`, undefined],
  ];

  test.each(poisoned)("%.60s is refused with a SyntaxError that names the key", (text) => {
    expect(() => parseJson(text, "refuse")).toThrow(
      /^the key "(__proto__|constructor)" could reach a prototype$/,
    );
  });

  test.each(poisoned.filter(([, without]) => without !== undefined))(
    "%s loses the key with drop",
    (text, without) => {
      expect(parseJson(text, "drop")).toStrictEqual(without);
    },
  );

  test.each<readonly [text: string, value: unknown]>([
    ['{"text":"__proto__"}', { text: "__proto__" }],
    ['["__proto__","constructor"]', ["__proto__", "constructor"]],
    ['{"__proto":1,"proto__":2}', { __proto: 1, proto__: 2 }],
    ['{"constructor":"Hochtief"}', { constructor: "Hochtief" }],
    ['{"constructor":{"name":"Hochtief"}}', { constructor: { name: "Hochtief" } }],
    ['{"constructor":null,"prototype":{}}', { constructor: null, prototype: {} }],
    ['{"constructor":[{"prototype":{}}]}', { constructor: [{ prototype: {} }] }],
    ['{"constructor":{"prototype":{}},"constructor":1}', { constructor: 1 }],
    ['{"hasOwnProperty":1,"toString":2,"valueOf":3}', { hasOwnProperty: 1, toString: 2, valueOf: 3 }],
    [String.raw`{"\\u005f_proto__":1}`, { "\\u005f_proto__": 1 }],
  ])("%s is harmless and stays as it is", (text, value) => {
    // Not toStrictEqual: it takes an own `constructor` for the type of the object.
    expect(parseJson(text, "refuse")).toEqual(value);
    expect(parseJson(text, "drop")).toEqual(value);
  });

  test("a value that is merged into another object leaves Object.prototype as it was", () => {
    const value = parseJson('{"a":{"__proto__":{"polluted":1}},"b":2}', "drop");
    const merged: unknown = Object.assign({}, value);
    expect(merged).toStrictEqual({ a: {}, b: 2 });
    expect(Object.getOwnPropertyNames(Object.prototype)).toStrictEqual(pristine);
  });

  test("any spelling of a dangerous key, wherever it stands, is found", () => {
    const escapeSome = (word: string): fc.Arbitrary<string> =>
      fc
        .array(fc.constantFrom("plain", "lower", "upper"), { minLength: word.length, maxLength: word.length })
        .map((ways) => [...word].map((letter, index) => spell(letter, ways[index] ?? "plain")).join(""));
    const wrapped = fc.tuple(
      escapeSome("__proto__"),
      fc.json({ maxDepth: 2 }),
      fc.array(fc.boolean(), { maxLength: 6 }),
    );
    fc.assert(
      fc.property(wrapped, ([key, inner, levels]) => {
        const text = levels.reduce(
          (body, array) => (array ? `[0,${body}]` : `{"k":${body}}`),
          `{"${key}":${inner}}`,
        );
        expect(() => parseJson(text, "refuse")).toThrow('"__proto__"');
        expect(JSON.stringify(parseJson(text, "drop"))).not.toContain("__proto__");
      }),
    );
  });
});

describe("any text", () => {
  test("what JSON.stringify wrote comes back equal", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/__proto__|constructor/.test(text));
        expect(parseJson(text, "refuse")).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  test("garbage gives a value or a SyntaxError, and leaves Object.prototype as it was", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"__proto__"',
      '"constructor"',
      '"prototype"',
      "1",
      "\\u005f",
      '"',
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (garbage) => {
        expect(outcomeOf(garbage)).toMatch(/^(value|SyntaxError)$/);
        expect(Object.getOwnPropertyNames(Object.prototype)).toStrictEqual(pristine);
      }),
    );
  });

  test("a message never quotes the body", () => {
    const secret = "hunter2-secret";
    const bodies = [
      secret,
      `"${secret}`,
      `["${secret}" oops]`,
      `{"password":"${secret}",}`,
      `[1,]"${secret}"`,
      `["${secret}\n"]`,
      `{"a":"${secret}"} // ${secret}`,
      `${"[".repeat(100)}"${secret}",]${"x".repeat(100)}`,
    ];
    for (const body of bodies) {
      expect(messageOf(body)).toMatch(/\S/);
      expect(messageOf(body)).not.toContain("hunter2");
    }
  });

  test.each([
    ["a key of 1 MiB", `{"${"k".repeat(2 ** 20)}":1}`],
    ["200,000 keys", `{${Array.from({ length: 200_000 }, (_, index) => `"k${index}":${index}`).join(",")}}`],
    [
      "200,000 keys and a suspicious word",
      `{"a":"__proto__",${Array.from({ length: 200_000 }, (_, index) => `"k${index}":{}`).join(",")}}`,
    ],
    ["a million numbers and a suspicious word", `["constructor",${"1,".repeat(1_000_000)}1]`],
  ])("%s is parsed", (_name, text) => {
    expect(JSON.stringify(parseJson(text, "refuse"))).toBe(text);
  });
});

function outcomeOf(text: string): string {
  try {
    parseJson(text, "refuse");
    return "value";
  } catch (error) {
    return error instanceof Error ? error.name : "not an error";
  }
}

function messageOf(text: string): string {
  try {
    parseJson(text, "refuse");
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error("the body was accepted");
}

function spell(letter: string, way: string): string {
  if (way === "plain") return letter;
  const hex = letter.charCodeAt(0).toString(16).padStart(4, "0");
  return `\\u${way === "upper" ? hex.toUpperCase() : hex}`;
}
