/** Hints in error messages: the package that an option needs, and the name that was probably meant. */

import { factoryCall, packageOfOption, packageOptions, placeOfOption } from "./packages.ts";

/** What options are given to. */
type OptionOwner = "server" | "route" | "group";

/**
 * The last sentences of the error about an unknown option: where it belongs, the package to install, the nearest name, or all
 * known names.
 *
 * @param foreign Names of options in other frameworks, with the name of the option in Packetron.
 * @param of What the option was given to, if an option of a package may belong to another place.
 */
export function optionHint(
  option: string,
  known: readonly string[],
  foreign: Readonly<Record<string, string>> = {},
  of?: OptionOwner,
): string {
  const misplaced = of && placeHint(of, option);
  if (misplaced !== undefined) return misplaced;
  const owner = packageOfOption(option);
  if (owner !== undefined) return packageHint(owner);
  const word = Object.hasOwn(foreign, option) ? (foreign[option] ?? "") : "";
  if (known.includes(word)) return ` Did you mean "${word}"?`;
  const wordOwner = packageOfOption(word);
  if (wordOwner !== undefined) return ` Did you mean "${word}"?${packageHint(wordOwner)}`;
  return nameHint(option, known, packageOptions);
}

/** A sentence about an option of a package that is written at the wrong place. */
function placeHint(of: OptionOwner, option: string): string | undefined {
  const place = placeOfOption(option);
  if (place === undefined || (place === "server") === (of === "server")) return undefined;
  return place === "server"
    ? ` It is an option of the server: write new Packetron({ ${option}: … }).`
    : ` It is an option of routes: write server.handle({ ${option}: … }).`;
}

/** A sentence with the commands that add a package to a server. */
export function packageHint(packageName: string): string {
  return ` It needs ${packageName}: npm install ${packageName}, then add ${factoryCall(packageName)} to capabilities.`;
}

/**
 * A sentence that suggests the name nearest to `name` among `known` and `others`. Without a near name, the sentence
 * lists the names in `known`.
 */
export function nameHint(name: string, known: readonly string[], others: readonly string[] = []): string {
  const nearest = nearestName(name, [...known, ...others]);
  return nearest === undefined ? ` Known: ${known.join(", ")}.` : ` Did you mean "${nearest}"?`;
}

/** The length, in letters, from which a name is compared with the endings of longer names. */
const SHORTEST_ENDING = 4;

/**
 * The known name that is nearest to a misspelt name, letter case ignored. A known name is near if it takes at most a
 * third as many edits as the name has letters; an edit adds, removes or changes a letter, or swaps two neighbours. If
 * no name is near, returns the only known name that ends with the misspelt name: `globalDataDurability` for
 * `durability`.
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
 * The optimal string alignment distance of two texts: the Levenshtein distance, but a swap of neighbouring letters is
 * one edit. Only the last two rows of the table are kept. At most 60 letters of `from` are compared, because `from` can
 * be long.
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
