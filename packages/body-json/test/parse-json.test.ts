import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../core/test/_code-point.ts";
import { parseJson } from "../src/parse-json.ts";
import { accepted, eitherWay, refused } from "./_rfc8259.ts";

const pristine = Object.getOwnPropertyNames(Object.prototype);

describe("RFC 8259", () => {
  test.each(accepted)("%s is accepted", (_name, text, value) => {
    expect(parseJson(text, "refuse", null)).toStrictEqual(value);
  });

  test.each(refused)("%s is refused", (_name, text) => {
    expect(() => parseJson(text, "refuse", null)).toThrow(SyntaxError);
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
    expect(() => parseJson(text, "refuse", null)).toThrow(
      /^the key "(__proto__|constructor)" could reach a prototype$/,
    );
  });

  test.each(poisoned.filter(([, without]) => without !== undefined))(
    "%s loses the key with drop",
    (text, without) => {
      expect(parseJson(text, "drop", null)).toStrictEqual(without);
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
    expect(parseJson(text, "refuse", null)).toEqual(value);
    expect(parseJson(text, "drop", null)).toEqual(value);
  });

  test("a value that is merged into another object leaves Object.prototype as it was", () => {
    const value = parseJson('{"a":{"__proto__":{"polluted":1}},"b":2}', "drop", null);
    const merged: unknown = Object.assign({}, value);
    expect(merged).toStrictEqual({ a: {}, b: 2 });
    expect(Object.getOwnPropertyNames(Object.prototype)).toStrictEqual(pristine);
  });

  test("a dangerous key is found in any spelling and at any place", () => {
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
        expect(() => parseJson(text, "refuse", null)).toThrow('"__proto__"');
        expect(JSON.stringify(parseJson(text, "drop", null))).not.toContain("__proto__");
      }),
    );
  });
});

describe("the limit of levels", () => {
  const arrays = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  const objects = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  const mixed = (pairs: number): string => `${'[{"a":'.repeat(pairs)}1${"}]".repeat(pairs)}`;

  test.each<readonly [name: string, text: string, maxDepth: number | null]>([
    ["100 arrays", arrays(100), 100],
    ["100 objects", objects(100), 100],
    ["50 arrays that hold 50 objects", mixed(50), 100],
    ["1,000 arrays beside one another", `[${Array(1_000).fill("[]").join()}]`, 2],
    ["100 levels under the last of 1,000 objects", `[${"{},".repeat(1_000)}${objects(99)}]`, 100],
    ["brackets in a string", JSON.stringify({ text: "[{".repeat(500) }), 1],
    ["brackets after an escaped quote", JSON.stringify([`"${"[{".repeat(500)}"`]), 1],
    ["brackets after escaped backslashes", JSON.stringify([`\\\\"${"[".repeat(500)}`]), 1],
    ["brackets in a key", JSON.stringify({ [`"${"[".repeat(500)}`]: [1] }), 2],
    ["levels that a later key of the same name replaces", `{"a":${arrays(200)},"a":1}`, 100],
    ["a number where nothing may nest", "1", 1],
    ["100,000 levels without a limit", arrays(100_000), null],
    ["100,000 levels under a limit beyond them", arrays(100_000), 100_000],
  ])("passes %s", (_name, text, maxDepth) => {
    expect(typeof parseJson(text, "refuse", maxDepth)).toMatch(/^(object|number)$/);
  });

  test.each<readonly [name: string, text: string, maxDepth: number]>([
    ["101 arrays", arrays(101), 100],
    ["101 objects", objects(101), 100],
    ["51 arrays that hold 51 objects", mixed(51), 100],
    ["an object in an array", "[{}]", 1],
    ["two empty arrays", "[[]]", 1],
    ["101 levels under the last of 1,000 objects", `[${"{},".repeat(1_000)}${objects(100)}]`, 100],
    ["101 levels whose strings close them", `${'["]]"," }",'.repeat(100)}[]${"]".repeat(100)}`, 100],
    ["101 levels under the key __proto__", `{"__proto__":${arrays(100)}}`, 100],
    ["100,000 levels", arrays(100_000), 99_999],
  ])("refuses %s", (_name, text, maxDepth) => {
    expect(() => parseJson(text, "drop", maxDepth)).toThrow(
      new SyntaxError(`nested deeper than ${maxDepth} levels`),
    );
  });

  test("agrees with the depth of the value that JSON.parse returns", () => {
    const brackets = fc.string({ unit: fc.constantFrom("[", "]", "{", "}", '"', "\\", "a", "\n", "é") });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "large", withCrossShrink: true },
        fc.oneof(brackets, fc.integer(), fc.constant(null)),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(brackets, tie("value"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 12 }), fc.nat(4), (given, maxDepth, indent) => {
        const text = JSON.stringify(given, null, indent);
        const accepted = depthOf(JSON.parse(text)) <= maxDepth;
        expect(outcomeOf(text, maxDepth)).toBe(accepted ? "value" : "SyntaxError");
      }),
      { numRuns: 500 },
    );
  });
});

describe("any text", () => {
  test("that JSON.stringify wrote gives the value that JSON.parse returns", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/__proto__|constructor/.test(text));
        expect(parseJson(text, "refuse", null)).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  test("that is random gives a value or a SyntaxError, and leaves Object.prototype as it was", () => {
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
      fc.string({ unit: codePoint }),
      fc.array(piece).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (garbage) => {
        expect(outcomeOf(garbage)).toMatch(/^(value|SyntaxError)$/);
        expect(Object.getOwnPropertyNames(Object.prototype)).toStrictEqual(pristine);
      }),
    );
  });

  test("that is refused is not quoted in the message", () => {
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
  ])("of %s is parsed", (_name, text) => {
    expect(JSON.stringify(parseJson(text, "refuse", null))).toBe(text);
  });
});

/** Number of levels of objects and arrays, counted recursively. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function outcomeOf(text: string, maxDepth: number | null = null): string {
  try {
    parseJson(text, "refuse", maxDepth);
    return "value";
  } catch (error) {
    return error instanceof Error ? error.name : "not an error";
  }
}

function messageOf(text: string): string {
  try {
    parseJson(text, "refuse", null);
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
