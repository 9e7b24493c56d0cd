/** The option `compress`: its parts, their defaults and checks. */

import zlib from "node:zlib";
import { assertOptions, matchesMediaType, optionError } from "@packetron/core/capability";
import { COMPRESSED_TYPES, DEFAULT_TYPES, isPattern } from "./media-types.ts";

/** A content coding: Brotli, Zstandard, or gzip. */
export type ContentCoding = "br" | "zstd" | "gzip";

/** The value of `compress` in an object; `{}` and `true` have the defaults. */
export interface CompressOptions {
  /**
   * The content codings that are used. Of those that a client likes best, the first of the list is taken. `"zstd"` is
   * skipped where Node does not have it, before 22.15.
   * @default ["br", "zstd", "gzip"]
   */
  encodings?: readonly ContentCoding[];
  /**
   * The smallest body that is compressed, in bytes. Streams of unknown length are compressed always.
   * @default 1024
   */
  threshold?: number;
  /**
   * The quality of Brotli, from 0 (fast) to 11 (small).
   * @default 3
   */
  brotliQuality?: number;
  /**
   * The level of gzip, from 1 (fast) to 9 (small).
   * @default 6
   */
  gzipLevel?: number;
  /**
   * The level of Zstandard, from 1 (fast) to 22 (small).
   * @default 3
   */
  zstdLevel?: number;
  /**
   * The media types that are compressed, such as `"text/*"` or `"application/*+json"`, in place of the default ones.
   * Formats that are compressed already, such as `"image/png"`, never are.
   * @default texts, JSON, XML, JavaScript, WebAssembly, SVG, and fonts and images without compression
   */
  types?: readonly string[];
}

/** An option `compress` that has been checked. */
export interface CompressSettings extends Required<CompressOptions> {}

const DEFAULTS: CompressSettings = {
  encodings: ["br", "zstd", "gzip"],
  threshold: 1024,
  brotliQuality: 3,
  gzipLevel: 6,
  zstdLevel: 3,
  types: DEFAULT_TYPES,
};

const CODINGS: readonly string[] = DEFAULTS.encodings;

/**
 * Checks the value of an option `compress` and fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function resolveSettings(value: unknown): CompressSettings {
  const options = value === true ? {} : value;
  assertOptions(
    "compress",
    options,
    Object.keys(DEFAULTS),
    "true, false, or an object such as { threshold: 2048 }",
  );
  const integer = (part: keyof CompressSettings, least: number, most: number): number =>
    readInteger(part, options[part] ?? DEFAULTS[part], least, most);
  return {
    encodings: readEncodings(options["encodings"] ?? DEFAULTS.encodings),
    threshold: integer("threshold", 0, Number.MAX_SAFE_INTEGER),
    brotliQuality: integer("brotliQuality", 0, 11),
    gzipLevel: integer("gzipLevel", 1, 9),
    zstdLevel: integer("zstdLevel", 1, 22),
    types: readTypes(options["types"] ?? DEFAULTS.types),
  };
}

function readEncodings(value: unknown): readonly ContentCoding[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isCoding))
    throw optionError(
      "compress.encodings",
      value,
      'a list of "br", "zstd" and "gzip"; compress: false turns compression off',
    );
  const present = value.filter((name) => name !== "zstd" || hasZstd());
  if (present.length === 0)
    throw optionError("compress.encodings", value, '"br" or "gzip" too: this Node.js has no zstd');
  return [...new Set(present)];
}

function isCoding(name: unknown): name is ContentCoding {
  return typeof name === "string" && CODINGS.includes(name);
}

/** Node has zstd since 22.15 and 23.8. */
function hasZstd(): boolean {
  return typeof zlib.zstdCompressSync === "function";
}

function readInteger(part: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw optionError(`compress.${part}`, value, `an integer ${range}`);
}

function readTypes(value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every(isPattern))
    throw optionError(
      "compress.types",
      value,
      'a list of media types such as "text/*" and "application/json"',
    );
  const patterns = value.map((pattern) => pattern.toLowerCase());
  const compressed = patterns.find((type) => matchesMediaType(type, COMPRESSED_TYPES) && !type.includes("*"));
  if (compressed !== undefined)
    throw optionError(
      "compress.types",
      compressed,
      "types that compression makes smaller: this format is compressed already",
    );
  return patterns;
}
