import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../core/test/_code-point.ts";
import { resolveLimits } from "../src/limits.ts";
import { createXmlParser } from "../src/parse-xml.ts";
import { growing, harmless, prototypeNames } from "./_attacks.ts";
import { wellFormed } from "./_documents.ts";
import { documents, encode, shapeOf } from "./_tree.ts";

const pristine = Object.getOwnPropertyNames(Object.prototype);
const parse = createXmlParser(resolveLimits({}), { ignoreAttributes: true, parseTagValue: true });
const parseAll = createXmlParser(resolveLimits({}), { ignoreAttributes: false, parseTagValue: false });

describe("the value of a document", () => {
  test.each([...wellFormed, ...harmless])("%s", (_name, text, value) => {
    expect(parse(text)).toStrictEqual(value);
  });

  test.each<readonly [text: string, value: unknown]>([
    ['<a b="1"/>', { a: { "@_b": "1" } }],
    ['<a b="1">007</a>', { a: { "#text": "007", "@_b": "1" } }],
    ["<a>true</a>", { a: "true" }],
    ['<a b=" &lt;&#x41; "/>', { a: { "@_b": "<A" } }],
    ['<a b="x\n\ty"/>', { a: { "@_b": "x\n\ty" } }],
    ['<a b="x\r\ny"/>', { a: { "@_b": "x\ny" } }],
    ['<a b=""/>', { a: { "@_b": "" } }],
    ['<a x:b="1" b="2"/>', { a: { "@_x:b": "1", "@_b": "2" } }],
    [
      '<?xml version="1.0" encoding="utf-8"?><a/>',
      { "?xml": { "@_version": "1.0", "@_encoding": "utf-8" }, a: "" },
    ],
    ['<?go x="&#9999999;"?><a/>', { "?go": { "@_x": "&#9999999;" }, a: "" }],
    ['<a b="&amp;#65;">&amp;lt;</a>', { a: { "#text": "&lt;", "@_b": "&#65;" } }],
  ])("%s with attributes kept and text left as text", (text, value) => {
    expect(parseAll(text)).toStrictEqual(value);
  });

  test("random trees, written in any spelling, are read in the documented shape", () => {
    fc.assert(
      fc.property(documents, fc.boolean(), ({ root, choices }, ignoreAttributes) => {
        const text = encode(root, choices);
        const { "?xml": _declaration, ...value } = Object((ignoreAttributes ? parse : parseAll)(text));
        expect(value).toStrictEqual({ [root.name]: shapeOf(root, ignoreAttributes) });
      }),
      { numRuns: 500 },
    );
  });

  test("fast-xml-parser finds the same elements as the check, also in damaged documents", () => {
    let accepted = 0;
    const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...debris)), { maxLength: 3 });
    fc.assert(
      fc.property(documents, damage, ({ root, choices }, pieces) => {
        const text = pieces.reduce(insert, encode(root, choices));
        const value = valueFrom(() => parse(text));
        if (value === null) return;
        accepted++;
        expect(namesIn(value).toSorted()).toEqual(startTagsOf(text).toSorted());
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test("100,000 nodes and 1 MB of text in 100 levels are within the limits", () => {
    const list = `<r>${"<a/>".repeat(99_999)}</r>`;
    expect(parse(list)).toStrictEqual({ r: { a: Array.from({ length: 99_999 }, () => "") } });
    const text = "x".repeat(2 ** 20);
    expect(JSON.stringify(parse(`${"<a>".repeat(100)}${text}${"</a>".repeat(100)}`))).toContain(text);
  });

  test("a document deeper than the call stack is not valid, even with a limit that allows it", () => {
    const deep = createXmlParser(resolveLimits({ maxDepth: 1e6, maxNodes: 1e6 }), {
      ignoreAttributes: true,
      parseTagValue: true,
    });
    expect(() => deep("<a>".repeat(200_000) + "</a>".repeat(200_000))).toThrow(SyntaxError);
  });
});

describe("prototypes", () => {
  test.each(growing)("%s never becomes a value", (_name, text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
  });

  test.each(prototypeNames)(
    "a document with the name %s everywhere leaves prototypes as they are",
    (name) => {
      const bodies = [
        `<${name}><polluted>x</polluted></${name}>`,
        `<a><${name}><polluted>x</polluted></${name}><${name}/></a>`,
        `<a><constructor><${name}><polluted>x</polluted></${name}></constructor></a>`,
        `<a ${name}="polluted"><b ${name}="x" polluted="y"/></a>`,
        `<?${name} polluted="x"?><a><?${name} ${name}="x"?></a>`,
        `<a>${name}<b><![CDATA[${name}]]></b></a>`,
      ];
      for (const body of bodies) {
        for (const each of [parse, parseAll]) {
          const value = valueFrom(() => each(body));
          assertHarmless(value);
          assertHarmless(Object.assign({}, value));
        }
      }
      expect(Object.getOwnPropertyNames(Object.prototype)).toStrictEqual(pristine);
      expect(Reflect.get({}, "polluted")).toBeUndefined();
    },
  );

  test("random text around dangerous names gives a value or a SyntaxError, and pollutes no prototype", () => {
    const piece = fc.constantFrom(
      "<__proto__>",
      "</__proto__>",
      "<constructor>",
      "</constructor>",
      "<prototype/>",
      "<a>",
      "</a>",
      "<b __proto__='x'/>",
      "<b constructor='x' prototype='y'>",
      "</b>",
      "<toString>",
      "</toString>",
      "__proto__",
      "&#95;",
      "<?__proto__ x='1'?>",
      "<![CDATA[__proto__]]>",
      "1",
    );
    const body = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.array(piece).map((pieces) => `<r>${pieces.join("")}</r>`),
    );
    fc.assert(
      fc.property(body, fc.constantFrom(parse, parseAll), (text, each) => {
        assertHarmless(valueFrom(() => each(text)));
        expect(Object.getOwnPropertyNames(Object.prototype)).toStrictEqual(pristine);
      }),
      { numRuns: 500 },
    );
  });
});

const debris = [
  "<b/>",
  "<b>",
  "</b>",
  "<!--",
  "-->",
  "<![CDATA[",
  "]]>",
  "<?go",
  "?>",
  "'",
  '"',
  ">",
  "/",
  "=",
  " ",
  "b",
  "&lt;",
  "<!-- ' -->",
  "<?go x='1'?>",
  "<?go it's?>",
  '<?go "?>',
  "<b\u1680c/>",
  "<b\ufeff/>",
];

function insert(text: string, [place, piece]: readonly [number, string]): string {
  const at = place % (text.length + 1);
  return text.slice(0, at) + piece + text.slice(at);
}

/** The start tags by the grammar: outside comments, CDATA and instructions, each `<` with a name begins an element. */
function startTagsOf(text: string): string[] {
  const tags = text.replace(/<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>/gs, "");
  return [...tags.matchAll(/<([^\s/>]+)/g)].map(([, name = ""]) => name);
}

/** The names of all elements of a value. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    if (key === "#text" || key.startsWith("?")) return [];
    return [...Array.from({ length: Array.isArray(child) ? child.length : 1 }, () => key), ...namesIn(child)];
  });
}

/** The value of a document, or `null` when it is refused with a SyntaxError. */
function valueFrom(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return null;
  }
}

function assertHarmless(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
  for (const key of ["__proto__", "constructor", "prototype"]) expect(Object.hasOwn(value, key)).toBe(false);
  for (const child of Object.values(value)) assertHarmless(child);
}
