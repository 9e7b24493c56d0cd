/** Merges the options of a group with those of what is inside it: another group or a route. */

/** Options by name. */
export type NamedOptions = Readonly<Record<string, unknown>>;

/**
 * The options whose `null` is a value of its own: an inner `null` means "unlimited" there, also inside a group with a
 * limit.
 */
const NULL_IS_A_VALUE: ReadonlySet<string> = new Set(["maxRequestSizeInBytes"]);

/**
 * Merges two sets of options by name. Flags are or-ed, two arrays become one with the outer entries first, and of any
 * other option the inner value wins. An inner `null` clears the outer value, and `undefined` counts as absent.
 */
export function mergeOptions(outer: NamedOptions, inner: object): NamedOptions {
  const merged = new Map<string, unknown>(Object.entries(outer));
  for (const [name, value] of Object.entries(inner)) {
    if (value === undefined) continue;
    if (value === null && !NULL_IS_A_VALUE.has(name)) merged.delete(name);
    else merged.set(name, mergeValue(name, merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Joins the prefix of a group and the path of what is inside. Both may have a leading slash, the prefix a trailing one. */
export function joinPaths(prefix: string, path: string): string {
  const start = prefix.replace(/^\/|\/$/g, "");
  const rest = path.startsWith("/") ? path.slice(1) : path;
  return start === "" || rest === "" ? start + rest : `${start}/${rest}`;
}

function mergeValue(name: string, outer: unknown, inner: unknown): unknown {
  if (name === "flags" && Number.isInteger(outer) && Number.isInteger(inner))
    return Number(outer) | Number(inner);
  if (!Array.isArray(inner)) return inner;
  return Array.isArray(outer) ? [...outer, ...inner] : [...inner];
}
