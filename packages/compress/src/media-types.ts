/** Which media types become smaller by compression. */
import { matchesMediaType } from "@packetron/core/capability";

/** The media types that are compressed by default. */
export const DEFAULT_TYPES: readonly string[] = [
  "text/*",
  "*+json",
  "*+xml",
  "*+text",
  "*+yaml",
  "application/json",
  "application/x-ndjson",
  "application/jsonl",
  "application/javascript",
  "application/ecmascript",
  "application/xml",
  "application/yaml",
  "application/toml",
  "application/graphql",
  "application/sql",
  "application/rtf",
  "application/wasm",
  "application/x-www-form-urlencoded",
  "application/vnd.ms-fontobject",
  "font/otf",
  "font/ttf",
  "font/collection",
  "image/bmp",
  "image/x-icon",
  "image/vnd.microsoft.icon",
];

/** Formats that have a compression of their own. A second one costs time, and makes them larger. */
export const COMPRESSED_TYPES: readonly string[] = [
  "video/*",
  "audio/aac",
  "audio/flac",
  "audio/mp4",
  "audio/mpeg",
  "audio/ogg",
  "audio/opus",
  "audio/webm",
  "font/woff",
  "font/woff2",
  "image/apng",
  "image/avif",
  "image/gif",
  "image/heic",
  "image/heif",
  "image/jpeg",
  "image/jxl",
  "image/png",
  "image/webp",
  "*+zip",
  "*+gzip",
  "*+zstd",
  "application/gzip",
  "application/java-archive",
  "application/pdf",
  "application/vnd.openxmlformats-officedocument.*",
  "application/vnd.oasis.opendocument.*",
  "application/vnd.rar",
  "application/x-7z-compressed",
  "application/x-bzip2",
  "application/x-gzip",
  "application/x-rar-compressed",
  "application/x-xz",
  "application/zip",
  "application/zstd",
];

/** A media type, or a pattern with one star, such as `text/*` or `*+json`, or two for any type. */
const PATTERN = /^(?:\*\/\*|\*\+[\w.-]+|[\w!#$&^.+-]+\/(?=.)[\w!#$&^.+-]*\*?[\w!#$&^.+-]*)$/;

/** Whether a value is a text that `types` may have. */
export function isPattern(value: unknown): value is string {
  return typeof value === "string" && PATTERN.test(value);
}

/** Whether a body with a Content-Type is compressed, if `types` are the types to compress. */
export function isCompressible(contentType: string, types: readonly string[]): boolean {
  return matchesMediaType(contentType, types) && !matchesMediaType(contentType, COMPRESSED_TYPES);
}
