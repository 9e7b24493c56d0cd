/**
 * The productions of XML 1.0 (fifth edition) that a document without a DTD needs, with their numbers in the standard.
 * Every expression takes at most linear time, and a long match never fills V8's backtracking stack.
 */

/** [3] S, the white space of XML. JavaScript's `\s` matches more characters. */
const S = "[ \\t\\r\\n]";

/**
 * [4] NameStartChar. The check for illegal characters has refused lone surrogates, so the halves of surrogate pairs
 * represent the characters from U+10000 to U+EFFFF. U+1680 and U+FEFF are left out: JavaScript takes them for white
 * space, so fast-xml-parser would end the name there.
 */
const NAME_START =
  ":A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u167F\\u1681-\\u1FFF\\u200C\\u200D" +
  "\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uDB7F\\uDC00-\\uDFFF\\uF900-\\uFDCF\\uFDF0-\\uFEFE\\uFF00-\\uFFFD";

/** [25] Eq: an equals sign, with optional white space around it. The number is that of the rule in the standard. */
const EQ = `${S}*=${S}*`;

/** [5] Name: the name of an element, an attribute or a processing instruction. */
export const NAME: RegExp = new RegExp(
  `[${NAME_START}][${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`,
  "y",
);

/** A run of white space, possibly empty. */
export const WHITE_SPACE: RegExp = new RegExp(`${S}*`, "y");

/** [25] Eq, between the name of an attribute and its value. */
export const EQUALS: RegExp = new RegExp(EQ, "y");

/** A character outside [2] Char: control characters, lone surrogates, U+FFFE, U+FFFF. */
export const ILLEGAL_CHARACTER: RegExp = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** [23] XMLDecl. The first or the second group is the declared encoding. */
export const DECLARATION: RegExp = new RegExp(
  `<\\?xml${S}+version${EQ}(?:"1\\.[0-9]+"|'1\\.[0-9]+')` +
    `(?:${S}+encoding${EQ}(?:"([A-Za-z][\\w.-]*)"|'([A-Za-z][\\w.-]*)'))?` +
    `(?:${S}+standalone${EQ}(?:"(?:yes|no)"|'(?:yes|no)'))?${S}*\\?>`,
  "y",
);
