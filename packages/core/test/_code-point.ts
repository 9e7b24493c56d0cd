/** Any character for `fc.string()`. The unit "binary" of fast-check is the same, but making its table takes a second of CPU. */
import fc from "fast-check";

const SURROGATES = 0xd800;
const SURROGATE_COUNT = 0x800;
const LARGEST = 0x10_ffff;

/** Any code point that is not a surrogate. */
export const codePoint: fc.Arbitrary<string> = fc
  .nat(LARGEST - SURROGATE_COUNT)
  .map((index) => String.fromCodePoint(index < SURROGATES ? index : index + SURROGATE_COUNT), indexOf);

/** The inverse, with which fast-check makes names such as `__proto__` of characters. */
function indexOf(text: unknown): number {
  const [character, ...rest] = typeof text === "string" ? text : "";
  const point = character?.codePointAt(0);
  if (point === undefined || rest.length > 0) throw new Error("not one character");
  return point < SURROGATES ? point : point - SURROGATE_COUNT;
}
