import fc from "fast-check";
import { XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../core/test/_code-point.ts";
import { checkXml } from "../src/check-xml.ts";
import { resolveLimits, type XmlLimits } from "../src/limits.ts";
import { fetching, growing, harmless, prototypeNames } from "./_attacks.ts";
import { notWellFormed, refusedThoughWellFormed, wellFormed } from "./_documents.ts";

const limits = resolveLimits({});

describe("XML 1.0 without a DTD", () => {
  test.each(wellFormed)("%s is accepted", (_name, text) => {
    expect(() => checkXml(text, limits)).not.toThrow();
  });

  test.each(notWellFormed)("%s is refused", (_name, text) => {
    expect(() => checkXml(text, limits)).toThrow(SyntaxError);
  });

  test.each(refusedThoughWellFormed)(
    "%s is refused, because fast-xml-parser could read it differently",
    (_name, text) => {
      expect(() => checkXml(text, limits)).toThrow(SyntaxError);
    },
  );

  test.each(wellFormed)("every prefix of %s is refused, or is itself well-formed", (_name, text) => {
    for (let end = 0; end < Math.min(text.length, 100); end++) {
      const start = text.slice(0, end);
      const outcome = outcomeOf(start);
      // A prefix that ends after the root, before a comment or white space, is well-formed.
      if (outcome === "accepted") expect(XMLValidator.validate(start)).toBe(true);
      else expect(outcome).toBe("SyntaxError");
    }
  });

  test("every document that the validator of fast-xml-parser refuses is refused", () => {
    fc.assert(
      fc.property(markup, (text) => {
        if (XMLValidator.validate(text) !== true) expect(outcomeOf(text)).toBe("SyntaxError");
      }),
      { numRuns: 2000 },
    );
  });

  test("any text is accepted or refused with a SyntaxError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: codePoint }), markup), (text) => {
        expect(outcomeOf(text)).toMatch(/^(accepted|SyntaxError)$/);
      }),
    );
  });
});

describe("attacks", () => {
  test.each(fetching)("%s is refused", (_name, text) => {
    expect(() => checkXml(text, limits)).toThrow(SyntaxError);
  });

  test.each(harmless)("%s is accepted as data", (_name, text) => {
    expect(() => checkXml(text, limits)).not.toThrow();
  });

  test.each(growing)("%s is refused", (_name, text) => {
    expect(() => checkXml(text, limits)).toThrow(SyntaxError);
  });

  test.each(prototypeNames)("an element called %s: refused is %s", (name, refused) => {
    expect(outcomeOf(`<a><${name}>x</${name}></a>`)).toBe(refused ? "SyntaxError" : "accepted");
    expect(outcomeOf(`<${name}/>`)).toBe(refused ? "SyntaxError" : "accepted");
  });

  test.each(prototypeNames)(
    "an attribute or an instruction called %s is accepted: its key has a prefix",
    (name) => {
      expect(outcomeOf(`<?${name} x?><a ${name}="x"/>`)).toBe("accepted");
    },
  );
});

describe("the limits", () => {
  const repeat = (piece: string) => (count: number) => `<r>${piece.repeat(count)}</r>`;
  const cases: readonly (readonly [
    limit: keyof XmlLimits,
    what: string,
    build: (count: number) => string,
    own: number,
  ])[] = [
    ["maxDepth", "elements inside one another", (count) => "<a>".repeat(count) + "</a>".repeat(count), 0],
    [
      "maxDepth",
      "an empty element inside others",
      (count) => `${"<a>".repeat(count - 1)}<a/>${"</a>".repeat(count - 1)}`,
      0,
    ],
    ["maxNodes", "elements", repeat("<a/>"), 1],
    [
      "maxNodes",
      "attributes",
      (count) => `<r ${Array.from({ length: count }, (_, index) => `a${index}=""`).join(" ")}/>`,
      1,
    ],
    ["maxNodes", "comments", repeat("<!---->"), 1],
    ["maxNodes", "CDATA sections", repeat("<![CDATA[]]>"), 1],
    ["maxNodes", "processing instructions", repeat("<?p?>"), 1],
    ["maxNodes", "words of an instruction", (count) => `<r><?p ${"x ".repeat(count)}?></r>`, 2],
    [
      "maxAttributes",
      "attributes",
      (count) => `<r ${Array.from({ length: count }, (_, index) => `a${index}=""`).join(" ")}/>`,
      0,
    ],
    ["maxAttributes", "words of an instruction", (count) => `<?p ${"x ".repeat(count)}?><r/>`, 0],
    ["maxNameLength", "letters of an element's name", (count) => `<${"n".repeat(count)}/>`, 0],
    ["maxNameLength", "letters of an attribute's name", (count) => `<a ${"n".repeat(count)}="x"/>`, 0],
    ["maxNameLength", "letters of an instruction's name", (count) => `<?${"n".repeat(count)}?><a/>`, 0],
    ["maxReferences", "references in text", repeat("&lt;"), 0],
    ["maxReferences", "references in attributes", (count) => `<a b="${"&#65;".repeat(count)}"/>`, 0],
  ];

  test.each(cases)(
    "%s applies to %s: a document at the limit or one below passes, one above is refused",
    (limit, _what, build, own) => {
      const generous = resolveLimits({ maxAttributes: 1000 });
      const capped = { ...generous, [limit]: 20 };
      expect(() => checkXml(build(19 - own), capped)).not.toThrow();
      expect(() => checkXml(build(20 - own), capped)).not.toThrow();
      expect(() => checkXml(build(21 - own), capped)).toThrow(
        `more than the option ${limit} of bodyXml() allows (20)`,
      );
    },
  );
});

describe("a declared encoding", () => {
  test.each<readonly [encoding: string, text: string, outcome: string]>([
    ["ISO-8859-1", "caf\ufffd", "SyntaxError"],
    ["windows-1252", "caf\ufffd", "SyntaxError"],
    ["US-ASCII", "caf\ufffd", "SyntaxError"],
    ["ISO-8859-1", "café", "accepted"],
    ["UTF-8", "caf\ufffd", "accepted"],
    ["utf8", "caf\ufffd", "accepted"],
    ["UTF-16", "caf\ufffd", "accepted"],
    ["utf-16le", "caf\ufffd", "accepted"],
  ])("%s with the text %s is %s", (encoding, text, outcome) => {
    expect(outcomeOf(`<?xml version="1.0" encoding="${encoding}"?><a>${text}</a>`)).toBe(outcome);
  });
});

describe("a message", () => {
  test.each<readonly [text: string, message: string]>([
    ["<a>\n<b></c></a>", "an end tag without its start tag, at character 11"],
    ["<a/><b/>", "a second root element, at character 5"],
    ["<a>&nbsp;</a>", '"&" without a reference to a character of XML, at character 4'],
    ["<!DOCTYPE a><a/>", "a DOCTYPE is not accepted, at character 1"],
    ["<a b='1' b='2'/>", "an element has two attributes of one name, at character 11"],
    ["<a>x\0</a>", "a character that XML does not allow, at character 5"],
  ])("of %j says what is wrong and where", (text, message) => {
    expect(() => checkXml(text, limits)).toThrow(message);
  });

  test("never quotes the document", () => {
    for (const [, text] of notWellFormed) {
      const secret = text.replaceAll("a", "hunter2").replaceAll("x", "hunter2");
      expect(messageOf(secret)).not.toContain("hunter2");
    }
  });
});

const pieces = [
  "<a>",
  "</a>",
  "<b c='1'>",
  "</b>",
  "<a/>",
  "<",
  ">",
  "/",
  "=",
  "'",
  '"',
  " ",
  "\n",
  "b",
  "x1",
  "&lt;",
  "&#65;",
  "&",
  ";",
  "<!--",
  "-->",
  "-",
  "<![CDATA[",
  "]]>",
  "]",
  "<?go",
  "?>",
  "?",
  "<?xml version='1.0'?>",
  "<!DOCTYPE a>",
];
const markup: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...pieces), { maxLength: 30 })
  .chain((parts) => fc.constantFrom(parts.join(""), `<a>${parts.join("")}</a>`, `<a ${parts.join("")}/>`));

function outcomeOf(text: string): string {
  try {
    checkXml(text, limits);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.name : "not an error";
  }
}

function messageOf(text: string): string {
  try {
    checkXml(text, limits);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
