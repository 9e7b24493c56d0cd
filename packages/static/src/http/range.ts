/** Parses Range (RFC 9110 section 14.2). */

/** A range of bytes in a representation. `start` and `end` are inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Attack: many ranges multiply the server's output. Players and PDF viewers need fewer, so with more Range is ignored. */
const MAX_RANGES = 16;

/**
 * Returns the ranges that a client requests, in its order. Ranges that overlap or touch each other are joined, so
 * that their sum never exceeds the file (RFC 9110 section 14.2 warns of that attack).
 *
 * @param size Size of the representation in bytes.
 * @returns `null` when Range must be ignored: another unit, a malformed field, too many ranges, or an empty file. An
 *   empty list when no range can be satisfied, which is a 416.
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
 * Parses one range and cuts it to the file; `null` when malformed. Without bytes in the file, `start` is after `end`.
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

/** Adds a range. It is joined with all ranges that it overlaps or touches, at the place of the first of them. */
function join(ranges: ByteRange[], added: ByteRange): void {
  let { start, end } = added;
  let place = ranges.length;
  // Two joined ranges may touch a third one, so the search begins again after each join. There are at most 16 ranges.
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
