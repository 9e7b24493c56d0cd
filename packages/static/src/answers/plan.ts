/** What a request for a file gets: decided from the head of the request and what is known of the file, without a look at its bytes. */
import type { PacketronRequest, PacketronResponse } from "@packetron/core";
import type { Representation } from "../files/representation.ts";
import type { ServedFile } from "../files/served-file.ts";
import { parseHttpDate } from "../http/http-date.ts";
import { allowsRange, checkPreconditions, type Validators } from "../http/preconditions.ts";
import { type ByteRange, parseRange } from "../http/range.ts";

/** A request for a file, and its answer. */
export interface Exchange {
  readonly request: PacketronRequest;
  readonly response: PacketronResponse;
  readonly file: ServedFile;
}

/** The answer to a request for a representation. */
export interface Plan {
  /** `null` keeps the status that the handler has set. */
  readonly status: 206 | 304 | 412 | 416 | null;
  /** The parts that are sent with 206. */
  readonly ranges: readonly ByteRange[];
}

const WHOLE: Plan = { status: null, ranges: [] };
const NOT_MODIFIED: Plan = { status: 304, ranges: [] };
const PRECONDITION_FAILED: Plan = { status: 412, ranges: [] };
const NOT_SATISFIABLE: Plan = { status: 416, ranges: [] };

/**
 * Decides in the order of RFC 9110 section 13.2.2. Conditions and ranges are about a 200 to GET or HEAD: an answer with
 * another status, such as a page for errors, and the answer to a POST, are sent whole.
 */
export function planAnswer({ request, response, file }: Exchange, form: Representation): Plan {
  const { headers, method } = request;
  if (response.statusCode !== 200 || (method !== "GET" && method !== "HEAD")) return WHOLE;
  const validators = validatorsOf(response, form);
  const verdict = checkPreconditions(headers, validators);
  if (verdict === 304) return NOT_MODIFIED;
  if (verdict === 412) return PRECONDITION_FAILED;
  const { range } = headers;
  // Section 14.2: a Range means something with GET alone.
  if (range === undefined || method !== "GET" || !file.acceptRanges) return WHOLE;
  if (response.getHeader("Accept-Ranges") === "none") return WHOLE;
  if (!allowsRange(headers, validators, Date.now())) return WHOLE;
  const ranges = parseRange(range, form.size);
  if (ranges === null) return WHOLE;
  return ranges.length === 0 ? NOT_SATISFIABLE : { status: 206, ranges };
}

/** Those of the file, unless the handler has set its own. */
function validatorsOf(response: PacketronResponse, form: Representation): Validators {
  const etag = response.getHeader("ETag");
  const lastModified = response.getHeader("Last-Modified");
  return {
    etag: etag === undefined ? form.etag : String(etag),
    lastModified: lastModified === undefined ? form.lastModified : parseHttpDate(String(lastModified)),
  };
}
