/** The Content-Disposition of a part (RFC 7578 section 4.2): the name of its field and of its file. */

/** What the header says. */
export interface Disposition {
  /** The field; `""` when the part has no name. */
  readonly name: string;
  /** The file's name without directories, `undefined` for a part that has none. */
  readonly filename: string | undefined;
}

/**
 * A parameter: `; name="value"` or `; name=value`. Inside quotes a backslash may hide a quote. Sticky: what is not well
 * formed ends the reading, instead of being searched through again from each of its characters.
 */
const PARAMETER = /[ \t]*;[ \t]*([^ \t=;]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|"([^"]*)"|([^ \t;"]*))/gsy;

/** RFC 8187 section 3.2.1: `charset'language'percent-encoded`. */
const EXTENDED = /^([\w-]+)'[^']*'((?:[^%]|%[\da-f]{2})*)$/is;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads the value of a Content-Disposition header, given as Latin-1, one character for each byte. The first of equal
 * parameters counts; `filename*` goes before `filename`, unless it is malformed.
 *
 * @returns `null` when it is not `form-data`.
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

/** Browsers write a backslash of a file name as it is: only the two characters that need it count as escaped. */
function withoutEscapes(quoted: string): string {
  return quoted.replace(/\\(["\\])/g, "$1");
}

/** RFC 7578 section 5.1 asks for UTF-8; old clients send bytes that are none, and those are most likely Latin-1. */
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

/** Some browsers of old sent whole paths, of either kind. */
function baseName(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  return name === "." || name === ".." ? "" : name;
}
