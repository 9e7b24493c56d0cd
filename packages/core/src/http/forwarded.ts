/** The headers in which proxies say what the client has asked them: lists with one entry for each proxy. */

/** One proxy's entry of `Forwarded`, RFC 7239. */
export interface ForwardedElement {
  /** The address of the proxy's peer, or a name in its place; `""` without one. */
  readonly for: string;
  readonly proto: string | null;
  readonly host: string | null;
}

/** The longest `Forwarded` that is read. */
const LONGEST = 4_096;

/** One parameter: a token, "=", a token or a quoted text; and the separator after it. */
const PARAMETER = /\s*([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*(;|,|$)/gy;

/**
 * Parses a `Forwarded` field, first proxy first. A field that is malformed or too long has no elements, because the
 * entries after a mistake cannot be told apart from what a client has made up.
 */
export function parseForwarded(field: string): ForwardedElement[] {
  const elements: ForwardedElement[] = [];
  let element: Record<string, string> = Object.create(null);
  let end = 0;
  if (field.length > LONGEST) return elements;
  for (const [text, name = "", quoted, token = "", separator] of field.matchAll(PARAMETER)) {
    end += text.length;
    element[name.toLowerCase()] ??= quoted === undefined ? token : quoted.replace(/\\(.)/g, "$1");
    if (separator === ";") continue;
    elements.push({
      for: element["for"] ?? "",
      proto: element["proto"] ?? null,
      host: element["host"] ?? null,
    });
    element = Object.create(null);
  }
  return end === field.length ? elements : [];
}

/**
 * Returns the entry of a list that a proxy has written, counted from the right: 0 for the nearest proxy. A list that is
 * shorter, because a proxy has replaced it instead of adding to it, gives its first entry.
 */
export function entryOf(list: string | undefined, fromRight: number): string | null {
  const entries = splitList(list);
  return entries[Math.max(0, entries.length - 1 - fromRight)] ?? null;
}

/** Splits a list at its commas. RFC 9110 section 5.6.1: empty elements are ignored. */
export function splitList(list: string | undefined): string[] {
  return (list ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
