/** Parses the command line with Node's `util.parseArgs`, and says what is wrong and what was probably meant. */
import { parseArgs } from "node:util";
import { nearestName } from "@packetron/core/control";
import type { Language } from "./catalog.ts";
import { usageFailure } from "./exit-code.ts";
import { isTemplateName, type TemplateName, templateNames } from "./templates.ts";

/** An option of the command line. */
interface OptionSpec {
  /** The placeholder of the value in the help. Without it, the option takes no value. */
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
}

/** All options, in the order of the help. */
export const options: Readonly<Record<string, OptionSpec>> = {
  template: { value: "<name>", short: "t", help: `${templateNames.join(", ")}; api by default` },
  ts: { help: "TypeScript, the default where Node.js runs it (22.18 and newer)" },
  js: { help: "JavaScript" },
  packages: {
    value: "<list>",
    help: "Only core, what the template needs and these packages: body-json,static. Without it: packetron, which has all",
  },
  "media-type": { value: "<type>", help: "What the template parser reads: text/csv" },
  yes: { short: "y", help: "Ask nothing: what is not given has its default" },
  help: { short: "h", help: "Show this help" },
  version: { short: "v", help: "Show the version" },
};

/** What the command line gives; `undefined` for what is missing. */
export interface Given {
  readonly folder: string | undefined;
  readonly template: TemplateName | undefined;
  readonly language: Language | undefined;
  /** The names of the chosen packages, without scope. */
  readonly packages: readonly string[] | undefined;
  readonly mediaType: string | undefined;
  readonly yes: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/**
 * Parses the words after the name of the command.
 *
 * @throws CommandFailure (exit code 2) that names the wrong word and what was probably meant.
 */
export function readArguments(words: readonly string[]): Given {
  const { given, positionals } = readWords(words);
  const [folder, surplus] = positionals;
  if (surplus !== undefined) throw usageFailure(`Unexpected argument "${surplus}".${npmHint(surplus)}`);
  if (given.has("ts") && given.has("js")) throw usageFailure("Give --ts or --js, not both.");
  return {
    folder,
    template: readTemplate(given.get("template")),
    language: given.has("ts") ? "typescript" : given.has("js") ? "javascript" : undefined,
    packages: given.get("packages")?.split(",").map(toPackageName),
    mediaType: readMediaType(given.get("media-type")),
    yes: given.has("yes"),
    help: given.has("help"),
    version: given.has("version"),
  };
}

/** The suggestion for an unknown word: the nearest known word, or all of them when no word is near. */
export function suggest(word: string, known: readonly string[], prefix = ""): string {
  const nearest = nearestName(word, known);
  return nearest === undefined
    ? ` Known: ${known.map((name) => `${prefix}${name}`).join(", ")}.`
    : ` Did you mean "${prefix}${nearest}"?`;
}

function readWords(words: readonly string[]): {
  readonly given: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
} {
  const given = new Map<string, string>();
  const positionals: string[] = [];
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, toConfig(spec)])),
    strict: false, // the errors of strict mode do not suggest the nearest option
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    assertOption(token.name, token.rawName, token.value);
    given.set(token.name, token.value ?? "");
  }
  return { given, positionals };
}

function assertOption(name: string, rawName: string, value: string | undefined): void {
  const spec = Object.hasOwn(options, name) ? options[name] : undefined;
  if (spec === undefined)
    throw usageFailure(`Unknown option ${rawName}.${suggest(name, Object.keys(options), "--")}`);
  if (spec.value === undefined && value !== undefined)
    throw usageFailure(`${rawName} takes no value, but got "${value}".`);
  if (spec.value !== undefined && (value === undefined || value === "" || value.startsWith("-")))
    throw usageFailure(`${rawName} needs a value: ${rawName} ${spec.value}.`);
}

function readTemplate(word: string | undefined): TemplateName | undefined {
  if (word === undefined || isTemplateName(word)) return word;
  throw usageFailure(`Unknown template "${word}".${suggest(word, templateNames)}`);
}

/** A media type without parameters (RFC 9110, section 8.3.1). The text gets into sources, so other letters are refused. */
function readMediaType(word: string | undefined): string | undefined {
  if (word === undefined || isMediaType(word)) return word;
  throw usageFailure(`"${word}" is not a media type, such as text/csv.`);
}

/** Whether a text is a media type without parameters, in lower case. */
export function isMediaType(text: string): boolean {
  return /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(text);
}

function toPackageName(word: string): string {
  return word.trim().replace(/^@packetron\//, "");
}

/** npm takes options that stand before `--` for its own, and passes their values only. */
function npmHint(surplus: string): string {
  const isValue = isTemplateName(surplus) || surplus.includes(",") || isMediaType(surplus);
  return isValue ? " npm needs -- before options: npm create packetron@latest my-app -- --template api" : "";
}

function toConfig({ value, short }: OptionSpec): { type: "string" | "boolean"; short?: string } {
  const type = value === undefined ? "boolean" : "string";
  return short === undefined ? { type } : { type, short };
}
