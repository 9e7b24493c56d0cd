/**
 * The header lines of each part, seen before busboy reads them. busboy 1.6 decodes names in one charset only, drops a
 * part whose `filename*` is malformed, loses values in most charsets, and knows no limit of header lines; so each head is
 * read here, and busboy gets one that holds no more than what it needs to tell fields from files.
 *
 * For that this file leans on names inside busboy: `_hparser` of the parser, and `pairCount`, `reset` and `cb` of the
 * object that it holds. The version of busboy is pinned for this reason, and a test says so when they change.
 */
import type { Busboy } from "busboy";
import { parseDisposition } from "./disposition.ts";

/** What the header lines of one part say. */
export interface PartHead {
  /** The field's name; `""` when the part has none. */
  readonly name: string;
  /** Whether busboy treats it as a file. */
  readonly isFile: boolean;
  /** The file's name; `""` when it has none. */
  readonly filename: string;
  /** The Content-Transfer-Encoding in lower case. */
  readonly encoding: string;
  /** The media type in lower case. */
  readonly mimeType: string;
  /** The charset of its Content-Type, as it was sent. */
  readonly charset: string | undefined;
}

/** The lines of a head by lower-case name; null prototype. */
type HeaderLines = Record<string, string[] | undefined>;

/** The object in busboy that reads the lines of one part after the other. */
interface HeaderParser {
  pairCount: number;
  reset(): void;
  cb(lines: HeaderLines): void;
}

/** Told of each part; `pairs` is the number of its header lines. False leaves the part out. */
export type OnPartHead = (head: PartHead, pairs: number) => boolean;

/**
 * Calls back for the head of each part. A part that is not `form-data` is told with `null` for its head, and left out.
 */
export function watchPartHeads(
  busboy: Busboy,
  onHead: (head: PartHead | null, pairs: number) => boolean,
): void {
  let current: unknown = null;
  let watched: unknown = null;
  Object.defineProperty(busboy, "_hparser", {
    get: () => current,
    set(value: unknown) {
      current = value;
      if (value === null || value === watched) return;
      if (!isHeaderParser(value)) throw new Error("this is not the busboy that the package was made for");
      watched = value;
      watch(value, onHead);
    },
  });
}

function watch(parser: HeaderParser, onHead: (head: PartHead | null, pairs: number) => boolean): void {
  const { reset, cb } = parser;
  let pairs = 0;
  // It is reset right before it calls back, and has forgotten the number by then.
  parser.reset = () => {
    pairs = parser.pairCount;
    reset.call(parser);
  };
  parser.cb = (lines) => {
    const head = readHead(lines);
    const wanted = onHead(head, pairs);
    cb.call(parser, head !== null && wanted ? reducedLines(head) : Object.create(null));
  };
}

function readHead(lines: HeaderLines): PartHead | null {
  const disposition = parseDisposition(lines["content-disposition"]?.[0] ?? "");
  if (disposition === null) return null;
  const { name, filename } = disposition;
  const [contentType = ""] = lines["content-type"] ?? [];
  const [, type = "text/plain"] = /^[ \t]*([!-.0-~]+\/[!-.0-~]+?)[ \t]*(?:;|$)/.exec(contentType) ?? [];
  const [, charset] = /;[ \t]*charset[ \t]*=[ \t]*"?([^";\s]+)/i.exec(contentType) ?? [];
  const mimeType = type.toLowerCase();
  return {
    name,
    isFile: filename !== undefined || mimeType === "application/octet-stream",
    filename: filename ?? "",
    encoding: (lines["content-transfer-encoding"]?.[0] ?? "7bit").trim().toLowerCase(),
    mimeType,
    charset,
  };
}

function reducedLines({ isFile }: PartHead): HeaderLines {
  return Object.assign(Object.create(null), {
    "content-disposition": ["form-data; name=part"],
    ...(isFile && { "content-type": ["application/octet-stream"] }),
  });
}

function isHeaderParser(value: unknown): value is HeaderParser {
  return (
    typeof value === "object" &&
    value !== null &&
    "pairCount" in value &&
    "reset" in value &&
    typeof value.reset === "function" &&
    "cb" in value &&
    typeof value.cb === "function"
  );
}
