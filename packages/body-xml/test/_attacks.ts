/** Malicious documents: entities that fetch or expand, and names that reach prototypes. Written for this package. */

const targets = [
  "file:///etc/passwd",
  "file://localhost/c:/windows/win.ini",
  "http://127.0.0.1:1/x.dtd",
  "https://127.0.0.1:1/x",
  "ftp://127.0.0.1:1/x",
  "php://filter/convert.base64-encode/resource=index.php",
  "jar:http://127.0.0.1:1/x.zip!/x",
  "expect://id",
  "netdoc:///etc/passwd",
  "gopher://127.0.0.1:1/x",
  "/etc/passwd",
  "../../../../etc/passwd",
  "data:text/plain,x",
  "\\\\127.0.0.1\\share\\x",
];

/** Documents that try to make a parser read a file or a URL: every known spelling of an entity, and other ways. */
export const fetching: readonly (readonly [name: string, text: string])[] = [
  ...targets.flatMap((target): (readonly [string, string])[] => [
    [`a SYSTEM entity on ${target}`, `<!DOCTYPE a [<!ENTITY x SYSTEM "${target}">]><a>&x;</a>`],
    [`an external subset on ${target}`, `<!DOCTYPE a SYSTEM "${target}"><a/>`],
    [`a parameter entity on ${target}`, `<!DOCTYPE a [<!ENTITY % x SYSTEM "${target}"> %x;]><a/>`],
  ]),
  ["a PUBLIC entity", '<!DOCTYPE a [<!ENTITY x PUBLIC "p" "file:///etc/passwd">]><a>&x;</a>'],
  ["a PUBLIC external subset", '<!DOCTYPE a PUBLIC "-//W3C//DTD" "http://127.0.0.1:1/x.dtd"><a/>'],
  ["an entity in an attribute", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a b="&x;"/>'],
  ["an attribute default that refers", '<!DOCTYPE a [<!ATTLIST a b CDATA "&x;">]><a/>'],
  [
    "parameter entities that build another",
    "<!DOCTYPE a [<!ENTITY % f SYSTEM 'file:///etc/passwd'><!ENTITY % e \"<!ENTITY &#x25; s SYSTEM 'http://127.0.0.1:1/?%f;'>\">%e;%s;]><a/>",
  ],
  ["an unparsed entity", '<!DOCTYPE a [<!NOTATION n SYSTEM "x"><!ENTITY x SYSTEM "y" NDATA n>]><a/>'],
  ["an entity with single quotes", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"],
  [
    "an entity over several lines",
    "<!DOCTYPE\na\n[\n<!ENTITY\nx\nSYSTEM\n'file:///etc/passwd'>\n]\n>\n<a>&x;</a>",
  ],
  [
    "a DOCTYPE after a declaration",
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM '/etc/passwd'>]><a>&x;</a>",
  ],
  ["a DOCTYPE after a comment", "<!-- --><!DOCTYPE a [<!ENTITY x SYSTEM '/etc/passwd'>]><a>&x;</a>"],
  ["a DOCTYPE after a processing instruction", "<?go?><!DOCTYPE a SYSTEM '/etc/passwd'><a/>"],
  ["a DOCTYPE inside the root", "<a><!DOCTYPE a [<!ENTITY x SYSTEM '/etc/passwd'>]>&x;</a>"],
  ["a DOCTYPE after the root", "<a/><!DOCTYPE a SYSTEM '/etc/passwd'>"],
  ["a DOCTYPE in lower case", "<!doctype a SYSTEM '/etc/passwd'><a/>"],
  ["a DOCTYPE in mixed case", "<!DocType a SYSTEM '/etc/passwd'><a/>"],
  ["a DOCTYPE without white space", "<!DOCTYPEa SYSTEM '/etc/passwd'><a/>"],
  ["a DOCTYPE with a space before the name", "<! DOCTYPE a SYSTEM '/etc/passwd'><a/>"],
  ["an entity without a DOCTYPE", "<!ENTITY x SYSTEM '/etc/passwd'><a>&x;</a>"],
  ["a conditional section", "<![INCLUDE[<!ENTITY x SYSTEM '/etc/passwd'>]]><a>&x;</a>"],
  ["a reference to an entity of another parser", "<a>&xxe;</a>"],
  ["a parameter reference", "<a b='%x;'>&x;</a>"],
  ["a DOCTYPE with a broken end", "<!DOCTYPE a [<!ENTITY x SYSTEM '/etc/passwd'>]<a>&x;</a>"],
  ["a DOCTYPE whose subset holds a comment with its end", "<!DOCTYPE a [<!-- ]> -->]><a/>"],
  ["two DOCTYPEs", "<!DOCTYPE a><!DOCTYPE a SYSTEM '/etc/passwd'><a/>"],
];

/** Documents that name a file. To a parser that follows no references, the name is plain data. */
export const harmless: readonly (readonly [name: string, text: string, value: unknown])[] = [
  [
    "XInclude",
    '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></a>',
    { a: { "xi:include": "" } },
  ],
  [
    "a stylesheet",
    '<?xml-stylesheet type="text/xsl" href="file:///etc/passwd"?><a/>',
    { "?xml-stylesheet": "", a: "" },
  ],
  [
    "a schema location",
    '<a xmlns:xsi="urn:x" xsi:schemaLocation="urn:y http://127.0.0.1:1/x.xsd"/>',
    { a: "" },
  ],
  [
    "a catalogue",
    '<?oasis-xml-catalog catalog="http://127.0.0.1:1/"?><a/>',
    { "?oasis-xml-catalog": "", a: "" },
  ],
  [
    "an entity inside CDATA",
    "<a><![CDATA[<!DOCTYPE a SYSTEM '/etc/passwd'>&x;]]></a>",
    { a: "<!DOCTYPE a SYSTEM '/etc/passwd'>&x;" },
  ],
  ["a DOCTYPE inside a comment", "<!-- <!DOCTYPE a SYSTEM '/etc/passwd'> --><a/>", { a: "" }],
  ["an escaped DOCTYPE", "<a>&lt;!DOCTYPE a&gt;</a>", { a: "<!DOCTYPE a>" }],
];

/** Documents whose processing costs far more than their length suggests. */
export const growing: readonly (readonly [name: string, text: string])[] = [
  [
    "a billion laughs",
    `<!DOCTYPE a [<!ENTITY x0 "ha">${Array.from({ length: 9 }, (_, level) => `<!ENTITY x${level + 1} "${`&x${level};`.repeat(10)}">`).join("")}]><a>&x9;</a>`,
  ],
  ["a quadratic blow-up", `<!DOCTYPE a [<!ENTITY x "${"x".repeat(50_000)}">]><a>${"&x;".repeat(50_000)}</a>`],
  ["200,000 numeric references", `<a>${"&#65;".repeat(200_000)}</a>`],
  ["200,000 named references in attributes", `<a>${`<b c="${"&amp;".repeat(100)}"/>`.repeat(2000)}</a>`],
  ["100,000 levels", "<a>".repeat(100_000) + "</a>".repeat(100_000)],
  ["100,000 start tags", "<a>".repeat(100_000)],
  ["100,000 attributes", `<a ${Array.from({ length: 100_000 }, (_, index) => `a${index}=""`).join(" ")}/>`],
  ["a name of 1 MB", `<${"n".repeat(2 ** 20)}/>`],
  ["an attribute name of 1 MB", `<a ${"n".repeat(2 ** 20)}=""/>`],
  ["a name of 1 MB in a processing instruction", `<?${"n".repeat(2 ** 20)}?><a/>`],
  ["4,000,000 elements", `<a>${"<b/>".repeat(4_000_000)}</a>`],
  ["2,000,000 comments", `<a>${"<!---->".repeat(2_000_000)}</a>`],
  ["a processing instruction of 8,000,000 words", `<?go ${"x ".repeat(8_000_000)}?><a/>`],
  [
    "250 attributes on each of 1,000 elements",
    `<a>${`<b ${Array.from({ length: 250 }, (_, index) => `a${index}=""`).join(" ")}/>`.repeat(1000)}</a>`,
  ],
  ["16,000,000 opening brackets", "<".repeat(16_000_000)],
  ["16,000,000 ampersands", `<a>${"&".repeat(16_000_000)}</a>`],
];

/** Names that lead to prototypes. `refused` is whether the check refuses an element of that name. */
export const prototypeNames: readonly (readonly [name: string, refused: boolean])[] = [
  ["__proto__", true],
  ["constructor", true],
  ["prototype", true],
  ["hasOwnProperty", false],
  ["toString", false],
  ["valueOf", false],
  ["__defineGetter__", false],
  ["__defineSetter__", false],
  ["__lookupGetter__", false],
  ["__lookupSetter__", false],
  ["isPrototypeOf", false],
  ["a:__proto__", false],
  ["__proto__.polluted", false],
  ["constructor.prototype", false],
  ["_proto_", false],
];
