/** Names of headers as they came, RFC 9110 section 5.1: in any case. */

/**
 * Whether a name is the expected one, which is in lower case. Names of one length nearly always differ in the first
 * character: that rules most of them out before anything is lower-cased.
 */
export function isHeaderName(name: string, expected: string): boolean {
  return (
    name.length === expected.length &&
    (name.charCodeAt(0) | 0x20) === expected.charCodeAt(0) &&
    (name === expected || name.toLowerCase() === expected)
  );
}
