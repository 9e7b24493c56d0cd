/**
 * Is a text a well-formed XML document without a DTD, and within the limits? One pass from left to right in linear
 * time, before the library sees the text.
 *
 * The library reads whatever it is given: it has a validator, but that one takes duplicate roots, `<` in attribute
 * values, `--` in comments and undeclared entities, and the two disagree about where some constructs end, so that what
 * was validated is not what is read. Without a DTD the grammar of XML is small enough to be checked in full.
 */
import { BLANKS, DECLARATION, EQUALS, NAME, NO_CHARACTER } from "./grammar.ts";
import type { XmlLimits } from "./limits.ts";
import { endOfReference } from "./references.ts";

/** Names that could reach a prototype when the value is copied into another object. */
const DANGEROUS = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Returns when the text can be handed to the library.
 *
 * @throws SyntaxError when it cannot. Its message never quotes the text: it ends up in logs.
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
    const strange = this.#text.search(NO_CHARACTER);
    if (strange !== -1) this.#fail("a character that XML does not have", strange);
    this.#readDeclaration();
    while (this.#position < this.#text.length) {
      this.#readText();
      if (this.#position < this.#text.length) this.#readMarkup();
    }
    if (this.#open.length > 0) this.#fail("an element is not closed");
    if (!this.#hasRoot) this.#fail("there is no element");
  }

  #readDeclaration(): void {
    DECLARATION.lastIndex = 0;
    const match = DECLARATION.exec(this.#text);
    if (match === null) return; // anything else that calls itself xml is refused where it stands
    this.#position = match[0].length;
    const encoding = match[1] ?? match[2] ?? "utf-8";
    // Core decodes by the Content-Type and takes UTF-8 without one. Better no value than one with holes.
    if (!/^utf-?(?:8|16)/i.test(encoding) && this.#text.includes("\ufffd"))
      this.#fail(
        "the encoding is declared inside the document only; it has to be the charset of the Content-Type",
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
      this.#skip(BLANKS);
      if (text.startsWith(">", this.#position)) break;
      if (text.startsWith("/>", this.#position)) {
        if (this.#open.length === this.#limits.maxDepth) this.#failLimit("maxDepth");
        this.#position += 2;
        return;
      }
      if (this.#position === before) this.#fail("a blank, or the end of the tag, is missing");
      this.#readAttribute(attributes);
    }
    if (this.#open.push(name) > this.#limits.maxDepth) this.#failLimit("maxDepth");
    this.#position++;
  }

  #readAttribute(attributes: Set<string>): void {
    const name = this.#readName();
    if (attributes.has(name)) this.#fail("an attribute is there twice");
    attributes.add(name);
    if (attributes.size > this.#limits.maxAttributes) this.#failLimit("maxAttributes");
    this.#count(1);
    if (!this.#skip(EQUALS)) this.#fail('"=" is missing behind the name of an attribute');
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
    this.#skip(BLANKS);
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
      this.#fail("a blank is missing behind the name of a processing instruction");
    // Where a quote is open, the library goes on behind the end, and reads another document than this one.
    if (!quotesPair(data)) this.#fail("a quote without its counterpart in a processing instruction");
    this.#count(1 + this.#countWords(data));
    this.#position = end + 2;
  }

  /** The library takes each word of an instruction for an attribute. */
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

  /** Goes behind what a sticky expression finds here; tells whether it found something. */
  #skip(token: RegExp): boolean {
    token.lastIndex = this.#position;
    if (!token.test(this.#text)) return false;
    this.#position = token.lastIndex;
    return true;
  }

  /** Where the end of a construct stands. */
  #find(end: string, from: number): number {
    const found = this.#text.indexOf(end, from);
    if (found === -1) this.#fail("something is not closed");
    return found;
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > this.#limits.maxNodes) this.#failLimit("maxNodes");
  }

  #failLimit(limit: keyof XmlLimits): never {
    this.#fail(`more than ${limit} allows (${this.#limits[limit]}; an option of bodyXml())`);
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
