/**
 * The productions of XML 1.0 (fifth edition) that a document without a DTD needs; the numbers are the standard's. None
 * of the expressions can take more than linear time, and none needs V8's backtracking stack for a long match.
 */

/** [3] S. All the blanks that XML knows: JavaScript's `\s` has more. */
const S = "[ \\t\\r\\n]";

/**
 * [4] NameStartChar. A lone surrogate was refused before, so the halves of pairs stand for the characters from U+10000
 * to U+EFFFF. Left out: U+1680 and U+FEFF, at which the library would end the name, since JavaScript takes them as
 * blanks.
 */
const NAME_START =
  ":A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u167F\\u1681-\\u1FFF\\u200C\\u200D" +
  "\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uDB7F\\uDC00-\\uDFFF\\uF900-\\uFDCF\\uFDF0-\\uFEFE\\uFF00-\\uFFFD";

/** [25] Eq */
const EQ = `${S}*=${S}*`;

/** [5] Name */
export const NAME: RegExp = new RegExp(
  `[${NAME_START}][${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`,
  "y",
);

/** Blanks, none included. */
export const BLANKS: RegExp = new RegExp(`${S}*`, "y");

/** [25] Eq, between the name of an attribute and its value. */
export const EQUALS: RegExp = new RegExp(EQ, "y");

/** Anything but [2] Char: control characters, lone surrogates, U+FFFE, U+FFFF. */
export const NO_CHARACTER: RegExp = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** [23] XMLDecl; the first or second group is its encoding. */
export const DECLARATION: RegExp = new RegExp(
  `<\\?xml${S}+version${EQ}(?:"1\\.[0-9]+"|'1\\.[0-9]+')` +
    `(?:${S}+encoding${EQ}(?:"([A-Za-z][\\w.-]*)"|'([A-Za-z][\\w.-]*)'))?` +
    `(?:${S}+standalone${EQ}(?:"(?:yes|no)"|'(?:yes|no)'))?${S}*\\?>`,
  "y",
);
