/** Limits on the size and the structure of a document. A document that exceeds one is refused before it is parsed. */
import { optionError } from "@packetron/core/capability";

/** Limits on one document. Each is an integer of 1 or more: a 0 cannot switch a limit off. */
export interface XmlLimits {
  /**
   * Greatest depth of nested elements, the root included. The result is built by recursion, so a document with
   * thousands of levels is invalid even when the limit allows it.
   * @default 100
   */
  readonly maxDepth: number;
  /**
   * Greatest number of elements, attributes, comments, CDATA sections and processing instructions together. Parsing
   * 100,000 of them takes up to 100 MB of memory.
   * @default 100000
   */
  readonly maxNodes: number;
  /**
   * Greatest number of attributes of one element, and of words of one processing instruction.
   * @default 256
   */
  readonly maxAttributes: number;
  /**
   * Greatest length of a name, in UTF-16 code units.
   * @default 1000
   */
  readonly maxNameLength: number;
  /**
   * Greatest number of references such as `&amp;` and `&#65;` in the document.
   * @default 100000
   */
  readonly maxReferences: number;
}

const defaults: XmlLimits = {
  maxDepth: 100,
  maxNodes: 100_000,
  maxAttributes: 256,
  maxNameLength: 1000,
  maxReferences: 100_000,
};

/** The names of the limits. */
export const limitNames: readonly string[] = Object.keys(defaults);

/**
 * Checks the given limits and fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID when a limit is not an integer of 1 or more.
 */
export function resolveLimits(options: Partial<XmlLimits>): XmlLimits {
  return {
    maxDepth: readLimit("maxDepth", options),
    maxNodes: readLimit("maxNodes", options),
    maxAttributes: readLimit("maxAttributes", options),
    maxNameLength: readLimit("maxNameLength", options),
    maxReferences: readLimit("maxReferences", options),
  };
}

function readLimit(name: keyof XmlLimits, options: Partial<XmlLimits>): number {
  const value: unknown = options[name] ?? defaults[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw optionError(`bodyXml().${name}`, value, "a whole number from 1");
}
