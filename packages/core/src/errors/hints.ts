/** Hints in error messages: the package that a flag or an option needs, and the name that was probably meant. */

/** The package that claims each reserved flag. Flags of core and flags of served files are not in it. */
const flagPackages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  server: { OPEN_FIREWALL: "@packetron/firewall" },
  handler: {
    JSON_BODY: "@packetron/body-json",
    PLAIN_TEXT_BODY: "@packetron/body-text",
    XML_BODY: "@packetron/body-xml",
    FORM_DATA: "@packetron/multipart",
    MULTIPART_FORM_DATA: "@packetron/multipart",
    FILE_UPLOAD: "@packetron/multipart",
    REJECT_ON_LIMIT: "@packetron/multipart",
    DELETE_FILES_AFTER_RESPONSE: "@packetron/multipart",
    LOCAL_PLUGINS_ONLY: "@packetron/plugins",
  },
};

/** The package that claims each option that is not one of core. */
const optionPackages: Readonly<Record<string, string>> = {
  plugins: "@packetron/plugins",
  maxRequestsPerSecond: "@packetron/ratelimit",
  multipartOptions: "@packetron/multipart",
  globalDataNamespace: "@packetron/global-data",
  globalDataDurability: "@packetron/global-data",
  health: "@packetron/health",
  overload: "@packetron/overload",
};

/** Factories whose name is not their package's name in camel case. */
const factories: Readonly<Record<string, string>> = {
  "@packetron/static": "staticFiles",
  "@packetron/ratelimit": "rateLimit",
};

/** The package that claims a reserved flag; @packetron/static claims every flag of served files. */
export function packageOfFlag(family: string, name: string): string {
  return flagPackages[family]?.[name] ?? "@packetron/static";
}

/** The call that makes a package's capability: `factoryCall("@packetron/body-json")` is `"bodyJson()"`. */
export function factoryCall(packageName: string): string {
  const name = packageName.slice(packageName.indexOf("/") + 1);
  return `${factories[packageName] ?? name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}()`;
}

/** The last sentence of the error about an unknown option: the package to install, the nearest name, or all known names. */
export function optionHint(option: string, known: readonly string[]): string {
  const owner = Object.hasOwn(optionPackages, option) ? optionPackages[option] : undefined;
  if (owner !== undefined)
    return ` It needs ${owner}: npm install ${owner}, then add ${factoryCall(owner)} to capabilities.`;
  return nameHint(option, known, Object.keys(optionPackages));
}

/** A sentence that suggests the nearest name, or lists the known ones. It may suggest one of `others`, but never lists them. */
export function nameHint(name: string, known: readonly string[], others: readonly string[] = []): string {
  const nearest = nearestName(name, [...known, ...others]);
  return nearest === undefined ? ` Known: ${known.join(", ")}.` : ` Did you mean "${nearest}"?`;
}

/** The length, in letters, from which a name is compared with the endings of longer names. */
const SHORTEST_ENDING = 4;

/**
 * The known name that is nearest to a misspelt one, letter case ignored. Its distance is at most a third of its length; a
 * changed letter or a swap of two neighbours counts as one. When there is no such name, the only known name that ends with
 * the given one: `globalDataDurability` for `durability`.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.floor(candidate.length / 3))
    .toSorted((one, other) => one.edits - other.edits);
  return ranked[0]?.candidate ?? onlyLongerName(name, known);
}

function onlyLongerName(name: string, known: readonly string[]): string | undefined {
  if (name.length < SHORTEST_ENDING) return undefined;
  const ending = name.toLowerCase();
  const longer = known.filter((candidate) => candidate.toLowerCase().endsWith(ending));
  return longer.length === 1 ? longer[0] : undefined;
}

/**
 * The optimal string alignment distance: Levenshtein's, with a swap of neighbouring letters as one edit. It keeps the last
 * two rows of the table, and compares at most 60 letters of `from`, which may be a text of any length.
 */
function editDistance(from: string, to: string): number {
  const letters = from.slice(0, 60);
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let line = 0; line < letters.length; line++) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column++) {
      const replace = (row[column - 1] ?? 0) + (letters[line] === to[column - 1] ? 0 : 1);
      const swapped = letters[line] === to[column - 2] && letters[line - 1] === to[column - 1];
      const swap = swapped ? (before[column - 2] ?? 0) + 1 : replace;
      next.push(Math.min(replace, swap, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
