/** References of XML without a DTD: the five predefined entities, and characters by number. */
import { ILLEGAL_CHARACTER } from "./grammar.ts";

/** The predefined entities of XML 1.0 section 4.6, and [66] CharRef as a decimal or a hexadecimal number. */
const REFERENCE = "&(?:(amp|lt|gt|apos|quot)|#([0-9]+)|#x([0-9A-Fa-f]+));";

const AT_POSITION: RegExp = new RegExp(REFERENCE, "y");
const EVERYWHERE: RegExp = new RegExp(REFERENCE, "g");

const PREDEFINED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", apos: "'", quot: '"' };

/**
 * Returns the position after the reference (such as `&amp;`) that begins at a position.
 *
 * @returns 0 when no reference begins there, or the reference is to a character that XML forbids: `&#0;`, `&#xD800;`,
 *   `&#9999999;`.
 */
export function endOfReference(text: string, position: number): number {
  AT_POSITION.lastIndex = position;
  const match = AT_POSITION.exec(text);
  if (match === null || characterOf(match[1], match[2], match[3]) === undefined) return 0;
  return position + match[0].length;
}

/** Replaces references by the characters they represent. All other text stays as it is. */
export function decodeReferences(text: string): string {
  return text.replace(
    EVERYWHERE,
    (reference: string, name?: string, decimal?: string, hexadecimal?: string) => {
      return characterOf(name, decimal, hexadecimal) ?? reference;
    },
  );
}

function characterOf(name?: string, decimal?: string, hexadecimal = ""): string | undefined {
  if (name !== undefined) return PREDEFINED[name];
  const codePoint = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number.parseInt(decimal, 10);
  if (codePoint > 0x10ffff) return undefined;
  const character = String.fromCodePoint(codePoint);
  return ILLEGAL_CHARACTER.test(character) ? undefined : character;
}
