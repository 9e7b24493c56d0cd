/** Hints in errors: the package that a flag or an option needs, and the name that was probably meant. */

/** The package of each reserved flag that is neither core's own nor a file flag. */
const flagHomes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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

/** The package of each option that is not core's own. */
const optionHomes: Readonly<Record<string, string>> = {
  plugins: "@packetron/plugins",
  maxRequestsPerSecond: "@packetron/ratelimit",
  multipartOptions: "@packetron/multipart",
  globalDataNamespace: "@packetron/global-data",
  globalDataDurability: "@packetron/global-data",
  health: "@packetron/health",
  overload: "@packetron/overload",
};

/** Factories that are not simply their package's name in camel case. */
const factories: Readonly<Record<string, string>> = {
  "@packetron/static": "staticFiles",
  "@packetron/ratelimit": "rateLimit",
};

/** The package that claims a reserved flag; every file flag is @packetron/static's. */
export function homeOfFlag(family: string, name: string): string {
  return flagHomes[family]?.[name] ?? "@packetron/static";
}

/** How a package's capability is made: `factoryCall("@packetron/body-json")` is `"bodyJson()"`. */
export function factoryCall(packageName: string): string {
  const name = packageName.slice(packageName.indexOf("/") + 1);
  return `${factories[packageName] ?? name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}()`;
}

/** The last sentence about an unknown option: what to install, which name is nearest, or which there are. */
export function optionHint(option: string, known: readonly string[]): string {
  const home = Object.hasOwn(optionHomes, option) ? optionHomes[option] : undefined;
  if (home !== undefined)
    return ` It needs ${home}: npm install ${home}, then add ${factoryCall(home)} to capabilities.`;
  return nameHint(option, known, Object.keys(optionHomes));
}

/** The name that was probably meant, or all that are known; `others` may be meant, but are not listed. */
export function nameHint(name: string, known: readonly string[], others: readonly string[] = []): string {
  const nearest = nearestName(name, [...known, ...others]);
  return nearest === undefined ? ` Known: ${known.join(", ")}.` : ` Did you mean "${nearest}"?`;
}

/** Shortest name that is looked for at the end of longer ones, in letters. */
const SHORTEST_ENDING = 4;

/**
 * The closest name within a third of its length, in single-letter edits and swaps of neighbours, letter case aside. Without
 * one, the only name that ends with the given one: `globalDataDurability` for `durability`.
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

/** Optimal string alignment distance: Levenshtein's, with a swap of neighbours as one edit; one row at a time. */
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
