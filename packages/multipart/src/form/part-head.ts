/**
 * Reads the header lines of each part before busboy does. busboy 1.6 decodes names in one charset only, drops a part
 * whose `filename*` is malformed, loses values in most charsets, and has no limit of header lines. So this file
 * parses each head, and passes busboy only the lines by which it distinguishes fields from files.
 *
 * For that this file uses private names of busboy: `_hparser` of the parser, and `pairCount`, `reset` and `cb` of the
 * object in it. The version of busboy is pinned for this reason, and tests fail when these names change.
 */
import type { Busboy } from "busboy";
import { parseDisposition } from "./disposition.ts";

/** The parsed header lines of one part. */
export interface PartHead {
  /** The name of the field; `""` when the part has no name. */
  readonly name: string;
  /** Whether busboy treats the part as a file. */
  readonly isFile: boolean;
  /** The name of the file; `""` when the part has no file name. */
  readonly filename: string;
  /** The Content-Transfer-Encoding in lower case. */
  readonly encoding: string;
  /** The media type in lower case. */
  readonly mimeType: string;
  /** The charset of the Content-Type, as the client sent it. */
  readonly charset: string | undefined;
}

/** Header lines by lower-case name. The object has a null prototype. */
type HeaderLines = Record<string, string[] | undefined>;

/** The object in busboy that parses the header lines of each part. */
interface HeaderParser {
  pairCount: number;
  reset(): void;
  cb(lines: HeaderLines): void;
}

/**
 * Called for each part of a form. `pairs` is the number of header lines of the part. `head` is `null` for a part that
 * is not `form-data`, which busboy skips. If the function returns `false`, busboy skips the part as well.
 */
export type OnPartHead = (head: PartHead | null, pairs: number) => boolean;

/** Calls `onHead` for each part of a form, before busboy reads the header lines. */
export function watchPartHeads(busboy: Busboy, onHead: OnPartHead): void {
  let current: unknown = null;
  let watched: unknown = null;
  Object.defineProperty(busboy, "_hparser", {
    get: () => current,
    set(value: unknown) {
      current = value;
      if (value === null || value === watched) return;
      if (!isHeaderParser(value))
        throw new Error("busboy has other internals than version 1.6.0: install that version");
      watched = value;
      watch(value, onHead);
    },
  });
}

function watch(parser: HeaderParser, onHead: OnPartHead): void {
  const { reset, cb } = parser;
  let pairs = 0;
  // busboy calls `reset`, which clears `pairCount`, right before `cb`: the number has to be read here.
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
