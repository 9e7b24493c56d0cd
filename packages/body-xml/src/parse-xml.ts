/** Converts XML text to a value: Packetron checks the text, fast-xml-parser converts it. */
import type { EntityDecoderOptions, XMLParser } from "fast-xml-parser";
import { checkXml } from "./check-xml.ts";
import { loadXmlLibrary } from "./library.ts";
import type { XmlLimits } from "./limits.ts";
import { decodeReferences } from "./references.ts";

/** Options that decide the shape of the value; the names are those of fast-xml-parser. */
export interface XmlShape {
  readonly ignoreAttributes: boolean;
  readonly parseTagValue: boolean;
}

/**
 * Makes a function that converts XML text to a value.
 *
 * @returns The function. It throws a SyntaxError when the text is not a well-formed document without a DTD, or exceeds
 *   a limit. The message never quotes the text.
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
    // No callback uses the paths of elements. As strings, the paths would cost time of the depth times the nodes.
    jPath: false,
  });
}

/**
 * Replaces the decoder of fast-xml-parser, which leaves numeric references undecoded. Its handling of declared entities
 * has had several vulnerabilities; without a DTD, a document cannot declare any.
 */
const decoder: EntityDecoderOptions = {
  decode: decodeReferences,
  reset: () => undefined,
  setXmlVersion: () => undefined,
  setExternalEntities: () => undefined,
  addInputEntities: () => undefined,
};

/**
 * Converts a checked text. The parser still fails when a raised `maxDepth` lets in more levels than the call stack has.
 */
function convert(parser: XMLParser, text: string): unknown {
  try {
    return parser.parse(text);
  } catch {
    // Without a cause: the message of fast-xml-parser quotes names from the text.
    throw new SyntaxError("fast-xml-parser cannot convert the document");
  }
}
