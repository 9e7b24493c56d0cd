/** Parses the Content-Disposition of a part (RFC 7578 section 4.2): the name of its field and of its file. */

/** The names in a Content-Disposition header. */
export interface Disposition {
  /** The name of the field; `""` when the part has no name. */
  readonly name: string;
  /** The file's name without directories; `undefined` when the header has no file name. */
  readonly filename: string | undefined;
}

/**
 * A parameter: `; name="value"` or `; name=value`. A backslash inside quotes can escape a quote. The expression is
 * sticky: a malformed parameter ends the matching. Without that, each of its characters would start a new search
 * (quadratic time).
 */
const PARAMETER = /[ \t]*;[ \t]*([^ \t=;]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|"([^"]*)"|([^ \t;"]*))/gsy;

/** An extended value (RFC 8187 section 3.2.1): `charset'language'percent-encoded`. */
const EXTENDED = /^([\w-]+)'[^']*'((?:[^%]|%[\da-f]{2})*)$/is;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parses the value of a Content-Disposition header. The value is Latin-1 text: one character for each byte. Of several
 * parameters with one name the first is used. `filename*` has precedence over `filename`, unless it is malformed.
 *
 * @returns `null` when the disposition type is not `form-data`.
 */
export function parseDisposition(value: string): Disposition | null {
  const [type] = /^[ \t]*form-data(?=[ \t]*(?:;|$))/i.exec(value) ?? [];
  if (type === undefined) return null;
  const parameters = new Map<string, string>();
  for (const [, key = "", quoted, unescapable, token] of value.slice(type.length).matchAll(PARAMETER)) {
    const name = key.toLowerCase();
    const text = quoted === undefined ? (unescapable ?? token ?? "") : withoutEscapes(quoted);
    if (!parameters.has(name)) parameters.set(name, text);
  }
  const plain = parameters.get("filename");
  const filename =
    decodeExtended(parameters.get("filename*")) ?? (plain === undefined ? undefined : decodeText(plain));
  return {
    name: decodeText(parameters.get("name") ?? ""),
    filename: filename === undefined ? undefined : baseName(filename.normalize("NFC")),
  };
}

/**
 * Unescapes only `\"` and `\\`. Browsers send a backslash in a file name unescaped, so any other one is a character.
 */
function withoutEscapes(quoted: string): string {
  return quoted.replace(/\\(["\\])/g, "$1");
}

/**
 * Decodes UTF-8 (RFC 7578 section 5.1). A value that is not UTF-8 is kept as Latin-1, which old clients most likely
 * sent.
 */
function decodeText(latin1: string): string {
  if (!/[\u0080-\u00ff]/.test(latin1)) return latin1;
  try {
    return utf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1;
  }
}

function decodeExtended(value: string | undefined): string | undefined {
  const [, charset = "", text = ""] = EXTENDED.exec(value ?? "") ?? [];
  const bytes = text.replace(/%([\da-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  if (/^iso-8859-1$/i.test(charset)) return bytes;
  if (!/^utf-8$/i.test(charset)) return undefined;
  try {
    return utf8.decode(Buffer.from(bytes, "latin1"));
  } catch {
    return undefined;
  }
}

/** Removes directories. Some old browsers send a whole path, of Unix or of Windows. */
function baseName(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  return name === "." || name === ".." ? "" : name;
}
