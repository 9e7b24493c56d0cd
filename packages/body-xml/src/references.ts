/** References: the five entities that need no declaration, and characters by number. XML without a DTD has no others. */
import { NO_CHARACTER } from "./grammar.ts";

/** XML 1.0 section 4.6, and [66] CharRef in its two spellings. */
const REFERENCE = "&(?:(amp|lt|gt|apos|quot)|#([0-9]+)|#x([0-9A-Fa-f]+));";

const AT_POSITION: RegExp = new RegExp(REFERENCE, "y");
const EVERYWHERE: RegExp = new RegExp(REFERENCE, "g");

const PREDEFINED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", apos: "'", quot: '"' };

/**
 * Where the reference that begins here ends.
 *
 * @returns 0 when there is none, or it stands for something that is no XML character: `&#0;`, `&#xD800;`, `&#9999999;`.
 */
export function endOfReference(text: string, position: number): number {
  AT_POSITION.lastIndex = position;
  const match = AT_POSITION.exec(text);
  if (match === null || characterOf(match[1], match[2], match[3]) === undefined) return 0;
  return position + match[0].length;
}

/** Puts characters in the place of references; what is no reference stays as it is. */
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
  return NO_CHARACTER.test(character) ? undefined : character;
}
