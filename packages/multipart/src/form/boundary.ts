/**
 * Checks the boundary of a form before it is read: a Content-Type that two parsers could read differently is refused.
 */

/** Characters of the longest legal boundary (RFC 2046 section 5.1.1). */
const MAX_LENGTH = 70;

const PARAMETER = /;\s*boundary\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/gi;

/**
 * Checks that a Content-Type names one boundary of a legal length.
 *
 * @throws Error when the Content-Type has no boundary, several boundaries, or an illegal boundary.
 */
export function assertBoundary(contentType: string): void {
  const [first, second] = contentType.matchAll(PARAMETER); // finds two at most, however many the client sent
  if (first === undefined) throw new Error("the Content-Type has no boundary");
  if (second !== undefined) throw new Error("the Content-Type has more than one boundary");
  const { length } = (first[1] ?? "").trim().replace(/^"|"$/g, "");
  if (length === 0) throw new Error("the boundary is empty");
  if (length > MAX_LENGTH)
    throw new Error(`the boundary has ${length} characters, more than the ${MAX_LENGTH} of RFC 2046`);
}
