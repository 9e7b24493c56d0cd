/** Plans the answer to a request for a file from the request's head and the file's metadata, without its bytes. */
import type { PacketronRequest, PacketronResponse } from "@packetron/core";
import type { Representation } from "../files/representation.ts";
import type { ServedFile } from "../files/served-file.ts";
import { parseHttpDate } from "../http/http-date.ts";
import { allowsRange, checkPreconditions, type Validators } from "../http/preconditions.ts";
import { type ByteRange, parseRange } from "../http/range.ts";

/** A request for a file, its response, and the file. */
export interface Exchange {
  readonly request: PacketronRequest;
  readonly response: PacketronResponse;
  readonly file: ServedFile;
}

/** The planned answer to a request for a file: which status it has, and which bytes of the file it contains. */
export interface Plan {
  /** The status of the answer; `null` keeps the status that the handler has set. */
  readonly status: 206 | 304 | 412 | 416 | null;
  /** The ranges of bytes that a 206 sends; empty for every other status. */
  readonly ranges: readonly ByteRange[];
}

const WHOLE: Plan = { status: null, ranges: [] };
const NOT_MODIFIED: Plan = { status: 304, ranges: [] };
const PRECONDITION_FAILED: Plan = { status: 412, ranges: [] };
const NOT_SATISFIABLE: Plan = { status: 416, ranges: [] };

/**
 * Plans the answer: evaluates the conditional headers and Range in the order of RFC 9110 section 13.2.2. They apply
 * only if the method is GET or HEAD and the handler has left the status at 200. Otherwise the answer is the whole file,
 * for example for an error page with status 404.
 */
export function planAnswer({ request, response, file }: Exchange, form: Representation): Plan {
  const { headers, method } = request;
  if (response.statusCode !== 200 || (method !== "GET" && method !== "HEAD")) return WHOLE;
  const validators = validatorsOf(response, form);
  const verdict = checkPreconditions(headers, validators);
  if (verdict === 304) return NOT_MODIFIED;
  if (verdict === 412) return PRECONDITION_FAILED;
  const { range } = headers;
  // RFC 9110 section 14.2: Range is defined only for GET.
  if (range === undefined || method !== "GET" || !file.acceptRanges) return WHOLE;
  if (response.getHeader("Accept-Ranges") === "none") return WHOLE;
  if (!allowsRange(headers, validators, Date.now())) return WHOLE;
  const ranges = parseRange(range, form.size);
  if (ranges === null) return WHOLE;
  return ranges.length === 0 ? NOT_SATISFIABLE : { status: 206, ranges };
}

/** Returns ETag and Last-Modified of the answer: the header that the handler has set, else the value of the file. */
function validatorsOf(response: PacketronResponse, form: Representation): Validators {
  const etag = response.getHeader("ETag");
  const lastModified = response.getHeader("Last-Modified");
  return {
    etag: etag === undefined ? form.etag : String(etag),
    lastModified: lastModified === undefined ? form.lastModified : parseHttpDate(String(lastModified)),
  };
}
