/** Random documents: trees of elements, an encoder that writes a tree in one of many spellings, and the expected value. */
import fc from "fast-check";

/** An element. A string among the children is text that fast-xml-parser does not trim or convert to a number. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Element | string)[];
}

const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("a", "b", "c", "ns:d", "straße", "𠀀", "x-1.y"),
  fc
    .stringMatching(/^[A-Z_a-z][\w.-]{0,8}$/)
    .filter((word) => !/^(constructor|prototype|valueOf|toString)$|__/.test(word)),
);

const character: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("<", ">", "&", "'", '"', "]]>", "\n", "\t", "\r", " ", "&lt;", "<!--", "é", "😀", "1"),
  fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 1 })
    .filter((unit) => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(unit)),
);

const text: fc.Arbitrary<string> = fc
  .array(character, { maxLength: 8 })
  .map((units) => `x${units.join("")}y`);

const { element } = fc.letrec<{ element: Element }>((tie) => ({
  element: fc.record({
    name,
    attributes: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
    children: fc.array(fc.oneof({ depthSize: "small", withCrossShrink: true }, text, tie("element")), {
      maxLength: 4,
    }),
  }),
}));

/** A random document: its root element, and the random numbers that choose among the spellings. */
export const documents: fc.Arbitrary<{ readonly root: Element; readonly choices: readonly number[] }> =
  fc.record({
    root: element,
    choices: fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }),
  });

/** Writes a document. The choices decide about quotes, white space, references, CDATA, comments and empty tags. */
export function encode(root: Element, choices: readonly number[]): string {
  let next = 0;
  const choose = <Value>(...values: readonly [Value, ...Value[]]): Value =>
    values[(choices[next++ % choices.length] ?? 0) % values.length] ?? values[0];
  const blank = (): string => choose("", " ", "\n", "\t", "\r\n", "  ");
  const refer = (unit: string): string => {
    const code = unit.codePointAt(0) ?? 0;
    return choose(`&#${code};`, `&#x${code.toString(16)};`, `&#x000${code.toString(16).toUpperCase()};`);
  };
  const encodeText = (value: string, special: RegExp): string =>
    [...value]
      .map((unit) => (special.test(unit) || choose(0, 0, 0, 0, 1) === 1 ? refer(unit) : unit))
      .join("");
  const encodeAttribute = ([key, value]: readonly [string, string]): string => {
    const quote = choose('"', "'");
    return ` ${blank()}${key}${blank()}=${blank()}${quote}${encodeText(value, quote === '"' ? /[<&"\r]/ : /[<&'\r]/)}${quote}`;
  };
  const encodeChild = (child: Element | string): string => {
    if (typeof child !== "string") return encodeElement(child);
    if (choose(0, 1) === 1 && !/\]\]>|\r/.test(child)) return `<![CDATA[${child}]]>`;
    return encodeText(child, /[<&>\r]/);
  };
  const encodeElement = ({ name: tag, attributes, children }: Element): string => {
    const head = `<${tag}${Object.entries(attributes).map(encodeAttribute).join("")}${blank()}`;
    if (children.length === 0) return choose(`${head}/>`, `${head}></${tag}${blank()}>`);
    const inner = children.map((child) => choose("", "<!-- <x> & - -->", "") + encodeChild(child)).join("");
    return `${head}>${inner}</${tag}${blank()}>`;
  };
  const prolog = choose("", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="UTF-8"?>\n<!-- x -->');
  return `${prolog}${encodeElement(root)}${choose("", "\n", "<!-- end -->")}`;
}

/** The value that the README documents for an element. */
export function shapeOf({ attributes, children }: Element, ignoreAttributes: boolean): unknown {
  const shape: Record<string, unknown> = {};
  const texts: string[] = [];
  for (const child of children) {
    if (typeof child === "string") texts.push(child);
    else add(shape, child.name, shapeOf(child, ignoreAttributes));
  }
  if (texts.length > 0) shape["#text"] = texts.join("");
  const kept = ignoreAttributes ? [] : Object.entries(attributes);
  for (const [key, value] of kept) shape[`@_${key}`] = value;
  const keys = Object.keys(shape);
  if (keys.length === 0) return "";
  return kept.length === 0 && keys.length === 1 && texts.length > 0 ? shape["#text"] : shape;
}

function add(shape: Record<string, unknown>, key: string, value: unknown): void {
  const before = Object.hasOwn(shape, key) ? shape[key] : undefined;
  if (before === undefined) shape[key] = value;
  else shape[key] = Array.isArray(before) ? [...before, value] : [before, value];
}
