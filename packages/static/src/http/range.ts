/** Parses the request header Range (RFC 9110 section 14.2). */

/** A range of bytes in a file. The bytes at `start` and at `end` both belong to the range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Limit of the ranges in one request. A Range header with more ranges is ignored. Attack: many ranges multiply the
 * server's output. Media players and PDF viewers request fewer ranges.
 */
const MAX_RANGES = 16;

/**
 * Returns the ranges of a Range header, in the order of the header. Ranges that overlap or touch each other are joined.
 * Attack: without this, overlapping ranges could request more bytes than the file has (RFC 9110 section 14.2).
 *
 * @param size Size of the file in bytes.
 * @returns `null` when Range must be ignored: another unit than bytes, a malformed header, too many ranges, or an empty
 *   file. An empty list when no range lies within the file, which is answered with 416.
 */
export function parseRange(field: string, size: number): readonly ByteRange[] | null {
  const match = /^bytes[\t ]*=(.*)$/is.exec(field.trim());
  if (match === null || size === 0) return null;
  const specs = (match[1] ?? "")
    .split(",")
    .map((spec) => spec.trim())
    .filter((spec) => spec !== "");
  if (specs.length === 0 || specs.length > MAX_RANGES) return null;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = parseSpec(spec, size);
    if (range === null) return null;
    if (range.start <= range.end) join(ranges, range);
  }
  return ranges;
}

/**
 * Parses one range and cuts the range to the size of the file; `null` when malformed. If the range lies outside of the
 * file, `start` is after `end` in the result.
 */
function parseSpec(spec: string, size: number): ByteRange | null {
  const match = /^(\d*)-(\d*)$/.exec(spec);
  if (match === null || spec === "-") return null;
  const [, first = "", last = ""] = match;
  if (first === "") return { start: Math.max(0, size - Number(last)), end: size - 1 };
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  // A number with hundreds of digits becomes Infinity, which is after the end of every file.
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}

/** Adds a range. Listed ranges that overlap or touch the new range are joined with it, at the first one's place. */
function join(ranges: ByteRange[], added: ByteRange): void {
  let { start, end } = added;
  let place = ranges.length;
  // A joined range may touch a third range, so the search begins again after each join. There are at most 16 ranges.
  for (let index = 0; index < ranges.length; index++) {
    const other = ranges[index];
    if (other === undefined || other.start > end + 1 || start > other.end + 1) continue;
    start = Math.min(start, other.start);
    end = Math.max(end, other.end);
    place = Math.min(place, index);
    ranges.splice(index, 1);
    index = -1;
  }
  ranges.splice(place, 0, { start, end });
}
