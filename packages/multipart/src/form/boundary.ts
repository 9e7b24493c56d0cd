/** The boundary of a form, before anything is read: a Content-Type that two readers could read in two ways is refused. */

/** RFC 2046 section 5.1.1. */
const MAX_LENGTH = 70;

const PARAMETER = /;\s*boundary\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/gi;

/**
 * Checks that a Content-Type names one boundary of a legal length.
 *
 * @throws Error when it does not; the message is for the log.
 */
export function assertBoundary(contentType: string): void {
  const [first, second] = contentType.matchAll(PARAMETER); // two steps of the search, however many there are
  if (first === undefined) throw new Error("the Content-Type has no boundary");
  if (second !== undefined) throw new Error("the Content-Type has more than one boundary");
  const { length } = (first[1] ?? "").trim().replace(/^"|"$/g, "");
  if (length === 0) throw new Error("the boundary is empty");
  if (length > MAX_LENGTH)
    throw new Error(`the boundary has ${length} characters, more than the ${MAX_LENGTH} of RFC 2046`);
}
