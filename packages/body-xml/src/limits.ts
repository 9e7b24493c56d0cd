/** What a document may cost: numbers that decide when it is refused instead of read. */
import { optionError } from "@packetron/core";

/** Caps on one document; each is a whole number from 1, so that none can be switched off by a 0. */
export interface XmlLimits {
  /**
   * Elements inside one another, the root counted. The value is built by recursion: some thousands of levels end in a
   * body that is not valid, whatever stands here.
   * @default 100
   */
  readonly maxDepth: number;
  /**
   * Elements, attributes, comments, CDATA sections and processing instructions, all together. 100,000 of them take
   * up to 100 MB while they are parsed.
   * @default 100000
   */
  readonly maxNodes: number;
  /**
   * Attributes of one element, and words of one processing instruction.
   * @default 256
   */
  readonly maxAttributes: number;
  /**
   * Length of a name, in UTF-16 code units.
   * @default 1000
   */
  readonly maxNameLength: number;
  /**
   * References such as `&amp;` and `&#65;`, all together.
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

/**
 * Fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID when a limit is not a whole number from 1.
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
