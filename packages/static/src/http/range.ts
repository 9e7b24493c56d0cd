/** The Range field, RFC 9110 section 14.2. */

/** A part of a representation in bytes; both ends are part of it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** More ranges than a player or a PDF viewer asks for are an attack on the server's output: the field is ignored then. */
const MAX_RANGES = 16;

/**
 * The ranges that a client asks for, in its order; those that overlap or touch each other are joined, so that their sum
 * never exceeds the file (RFC 9110 section 14.2 warns of it).
 *
 * @param size Bytes of the representation.
 * @returns `null` when the field is to be ignored: another unit, malformed, too many ranges, an empty file. An empty list
 *   when no range can be satisfied: 416.
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

/** One range, cut to the file; with its start behind its end when the file has none of it; `null` when malformed. */
function parseSpec(spec: string, size: number): ByteRange | null {
  const match = /^(\d*)-(\d*)$/.exec(spec);
  if (match === null || spec === "-") return null;
  const [, first = "", last = ""] = match;
  if (first === "") return { start: Math.max(0, size - Number(last)), end: size - 1 };
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  // A number of a hundred digits is Infinity: behind every file.
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}

/** Adds a range to those before it; what it overlaps or touches becomes one with it, at the place of the first of them. */
function join(ranges: ByteRange[], added: ByteRange): void {
  let { start, end } = added;
  let place = ranges.length;
  // Joining two may close the gap to a third: again until nothing changes, with 16 ranges at most.
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
