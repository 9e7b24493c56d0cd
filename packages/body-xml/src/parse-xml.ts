/** XML text to value: checked here, converted by fast-xml-parser. */
import type { EntityDecoderOptions, XMLParser } from "fast-xml-parser";
import { checkXml } from "./check-xml.ts";
import { loadXmlLibrary } from "./library.ts";
import type { XmlLimits } from "./limits.ts";
import { decodeReferences } from "./references.ts";

/** How the value is made; the names are the library's. */
export interface XmlShape {
  readonly ignoreAttributes: boolean;
  readonly parseTagValue: boolean;
}

/**
 * Makes a function that gives the value of an XML text.
 *
 * @returns Throws a SyntaxError when the text is not a well-formed document without a DTD, or beyond a limit. The
 *   message never quotes the text.
 */
export function createXmlParser(limits: XmlLimits, shape: XmlShape): (text: string) => unknown {
  let parser: XMLParser | undefined;
  return function parseXml(text) {
    checkXml(text, limits);
    parser ??= createParser(limits, shape);
    return convert(parser, text);
  };
}

function createParser(limits: XmlLimits, shape: XmlShape): XMLParser {
  const { XMLParser } = loadXmlLibrary();
  return new XMLParser({
    ...shape,
    maxNestedTags: limits.maxDepth,
    entityDecoder: decoder,
    // Its callbacks are not used; as strings, the paths made for them would cost depth times nodes.
    jPath: false,
  });
}

/**
 * The library's own decoder leaves numeric references as they stand, and its way of declared entities has been the
 * place of several vulnerabilities. Without a DTD there is nothing to declare.
 */
const decoder: EntityDecoderOptions = {
  decode: decodeReferences,
  reset: () => undefined,
  setXmlVersion: () => undefined,
  setExternalEntities: () => undefined,
  addInputEntities: () => undefined,
};

/** Whatever passed the check has a value; a document deeper than the call stack, let in by a raised limit, has none. */
function convert(parser: XMLParser, text: string): unknown {
  try {
    return parser.parse(text);
  } catch {
    throw new SyntaxError("fast-xml-parser cannot convert the document"); // its own message quotes names of the text
  }
}
