/**
 * Checks that a text is a well-formed XML document without a DTD, and within the limits. The check is one pass from
 * left to right in linear time, before fast-xml-parser sees the text.
 *
 * fast-xml-parser accepts malformed documents. Its own validator accepts duplicate roots, `<` in attribute values, `--`
 * in comments and undeclared entities. Validator and parser also disagree about where some constructs end, so a
 * validated document can be read differently. Without a DTD, the grammar of XML is small enough to check in full.
 */
import { DECLARATION, EQUALS, ILLEGAL_CHARACTER, NAME, WHITE_SPACE } from "./grammar.ts";
import type { XmlLimits } from "./limits.ts";
import { endOfReference } from "./references.ts";

/** Names that could reach a prototype when the value is copied into another object. */
const DANGEROUS = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Checks one document; returns when fast-xml-parser may read it.
 *
 * @throws SyntaxError when the document is malformed or exceeds a limit. The message never quotes the text, because it
 *   is written to logs.
 */
export function checkXml(text: string, limits: XmlLimits): void {
  new Checker(text, limits).check();
}

class Checker {
  readonly #text: string;
  readonly #limits: XmlLimits;
  /** The names of the elements that are open, the root first. */
  readonly #open: string[] = [];
  #position = 0;
  #nodes = 0;
  #references = 0;
  #hasRoot = false;

  constructor(text: string, limits: XmlLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  check(): void {
    const illegal = this.#text.search(ILLEGAL_CHARACTER);
    if (illegal !== -1) this.#fail("a character that XML does not allow", illegal);
    this.#readDeclaration();
    while (this.#position < this.#text.length) {
      this.#readText();
      if (this.#position < this.#text.length) this.#readMarkup();
    }
    if (this.#open.length > 0) this.#fail("an element is not closed");
    if (!this.#hasRoot) this.#fail("the document has no root element");
  }

  #readDeclaration(): void {
    DECLARATION.lastIndex = 0;
    const match = DECLARATION.exec(this.#text);
    if (match === null) return; // #readInstruction() refuses every other instruction named xml
    this.#position = match[0].length;
    const encoding = match[1] ?? match[2] ?? "utf-8";
    // Core decodes by the charset of the Content-Type, and by UTF-8 without one. A replacement character means that
    // decoding has lost data: refuse the document rather than return a damaged value.
    if (!/^utf-?(?:8|16)/i.test(encoding) && this.#text.includes("\ufffd"))
      this.#fail(
        "the encoding is declared inside the document only; send it as the charset of the Content-Type",
        0,
      );
  }

  #readText(): void {
    const start = this.#position;
    const markup = this.#text.indexOf("<", start);
    const end = markup === -1 ? this.#text.length : markup;
    this.#position = end;
    if (end === start) return;
    const run = this.#text.slice(start, end);
    if (this.#open.length === 0) {
      if (/[^ \t\r\n]/.test(run)) this.#fail("text outside the root element", start);
      return;
    }
    if (run.includes("]]>")) this.#fail('"]]>" in text', start);
    this.#checkReferences(run, start);
  }

  #readMarkup(): void {
    const text = this.#text;
    const start = this.#position;
    if (text.startsWith("</", start)) this.#readEndTag();
    else if (text.startsWith("<?", start)) this.#readInstruction();
    else if (text.startsWith("<!--", start)) this.#readComment();
    else if (text.startsWith("<![CDATA[", start)) this.#readCharacterData();
    else if (text.startsWith("<!DOCTYPE", start)) this.#fail("a DOCTYPE is not accepted");
    else this.#readStartTag();
  }

  #readStartTag(): void {
    const text = this.#text;
    if (this.#hasRoot && this.#open.length === 0) this.#fail("a second root element");
    this.#position++;
    const name = this.#readName();
    if (DANGEROUS.has(name)) this.#fail("an element name that could reach a prototype");
    this.#count(1);
    this.#hasRoot = true;
    const attributes = new Set<string>();
    for (;;) {
      const before = this.#position;
      this.#skip(WHITE_SPACE);
      if (text.startsWith(">", this.#position)) break;
      if (text.startsWith("/>", this.#position)) {
        if (this.#open.length === this.#limits.maxDepth) this.#failLimit("maxDepth");
        this.#position += 2;
        return;
      }
      if (this.#position === before) this.#fail("white space, or the end of the tag, is missing");
      this.#readAttribute(attributes);
    }
    if (this.#open.push(name) > this.#limits.maxDepth) this.#failLimit("maxDepth");
    this.#position++;
  }

  #readAttribute(attributes: Set<string>): void {
    const name = this.#readName();
    if (attributes.has(name)) this.#fail("an element has two attributes of one name");
    attributes.add(name);
    if (attributes.size > this.#limits.maxAttributes) this.#failLimit("maxAttributes");
    this.#count(1);
    if (!this.#skip(EQUALS)) this.#fail('"=" is missing after the name of an attribute');
    const quote = this.#text[this.#position] ?? "";
    if (quote !== '"' && quote !== "'") this.#fail("the value of an attribute has no quotes");
    const start = this.#position + 1;
    const value = this.#text.slice(start, this.#find(quote, start));
    if (value.includes("<")) this.#fail('"<" in the value of an attribute');
    this.#checkReferences(value, start);
    this.#position = start + value.length + 1;
  }

  #readEndTag(): void {
    this.#position += 2;
    if (this.#readName() !== this.#open.pop()) this.#fail("an end tag without its start tag");
    this.#skip(WHITE_SPACE);
    if (this.#text[this.#position] !== ">") this.#fail('">" is missing in an end tag');
    this.#position++;
  }

  #readInstruction(): void {
    this.#position += 2;
    if (this.#readName().toLowerCase() === "xml")
      this.#fail("not a valid XML declaration, or not at the beginning");
    const end = this.#find("?>", this.#position);
    const data = this.#text.slice(this.#position, end);
    if (/^[^ \t\r\n]/.test(data))
      this.#fail("white space is missing after the name of a processing instruction");
    // With an unclosed quote, fast-xml-parser reads past the end of the instruction: it would read a document that
    // this class has not checked.
    if (!quotesPair(data)) this.#fail("an unclosed quote in a processing instruction");
    this.#count(1 + this.#countWords(data));
    this.#position = end + 2;
  }

  /** Counts the words of a processing instruction, because fast-xml-parser makes an attribute of each word. */
  #countWords(data: string): number {
    const word = /[^\s=]+/g;
    let words = 0;
    while (word.test(data)) if (++words > this.#limits.maxAttributes) this.#failLimit("maxAttributes");
    return words;
  }

  #readComment(): void {
    const end = this.#find("--", this.#position + 4);
    if (this.#text[end + 2] !== ">") this.#fail('"--" in a comment', end);
    this.#count(1);
    this.#position = end + 3;
  }

  #readCharacterData(): void {
    if (this.#open.length === 0) this.#fail("a CDATA section outside the root element");
    this.#count(1);
    this.#position = this.#find("]]>", this.#position + 9) + 3;
  }

  #checkReferences(run: string, offset: number): void {
    for (let at = run.indexOf("&"); at !== -1; at = run.indexOf("&", at)) {
      const end = endOfReference(run, at);
      if (end === 0) this.#fail('"&" without a reference to a character of XML', offset + at);
      if (++this.#references > this.#limits.maxReferences) this.#failLimit("maxReferences");
      at = end;
    }
  }

  #readName(): string {
    const start = this.#position;
    if (!this.#skip(NAME)) this.#fail("a name is missing, or not valid");
    if (this.#position - start > this.#limits.maxNameLength) this.#failLimit("maxNameLength");
    return this.#text.slice(start, this.#position);
  }

  /** Moves past the match of a sticky expression at the current position; returns whether it matched. */
  #skip(token: RegExp): boolean {
    token.lastIndex = this.#position;
    if (!token.test(this.#text)) return false;
    this.#position = token.lastIndex;
    return true;
  }

  /** Returns the position of the text that ends a construct, such as `-->`; fails when the text is missing. */
  #find(end: string, from: number): number {
    const found = this.#text.indexOf(end, from);
    if (found === -1) this.#fail(`a construct is not closed: its "${end}" is missing`);
    return found;
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > this.#limits.maxNodes) this.#failLimit("maxNodes");
  }

  #failLimit(limit: keyof XmlLimits): never {
    this.#fail(`more than the option ${limit} of bodyXml() allows (${this.#limits[limit]})`);
  }

  #fail(reason: string, position: number = this.#position): never {
    throw new SyntaxError(`${reason}, at character ${position + 1}`);
  }
}

function quotesPair(data: string): boolean {
  const quote = /["']/g;
  for (let match = quote.exec(data); match !== null; match = quote.exec(data)) {
    const end = data.indexOf(match[0], quote.lastIndex);
    if (end === -1) return false;
    quote.lastIndex = end + 1;
  }
  return true;
}
