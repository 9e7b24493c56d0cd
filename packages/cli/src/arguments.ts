/** From the words of a command line to values: Node's own parser, with sentences about what is wrong. */
import { parseArgs } from "node:util";
import { nearestName } from "@packetron/core/control";
import { CommandFailure, ExitCode } from "./exit-code.ts";

/** An option as the table of commands has it. */
export interface OptionSpec {
  /** What stands for the value in the help, `"<n>"`; without it the option is a switch. */
  readonly value?: string;
  readonly short?: string;
  /** Whether it may be given more than once. */
  readonly multiple?: boolean;
  readonly help: string;
}

/** What a command takes. */
export interface Signature {
  readonly name: string;
  /** Whether an entry file has to be named, and arguments for it may stand behind `--`. */
  readonly entry: boolean;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

/** What was given. */
export interface Values {
  /** The entry file, `""` for a command that takes none. */
  readonly entry: string;
  /** What stands behind `--`. */
  readonly rest: readonly string[];
  /** The last value of an option. */
  text(option: string): string | undefined;
  /** All values of an option. */
  texts(option: string): readonly string[];
  has(option: string): boolean;
}

/**
 * Reads the words behind the name of a command. Options may stand before and behind the entry file.
 *
 * @throws CommandFailure (2) that names the word and what was probably meant.
 */
export function readArguments(words: readonly string[], signature: Signature): Values {
  const { options } = signature;
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, toConfig(spec)])),
    strict: false, // its errors say what is wrong, but not what was meant
    allowPositionals: true,
    tokens: true,
  });
  const end = tokens.find((token) => token.kind === "option-terminator")?.index ?? words.length;
  for (const token of tokens) {
    if (token.kind === "positional" && token.index < end) positionals.push(token.value);
    if (token.kind !== "option") continue;
    assertOption(token, signature);
    const { name, value = "" } = token;
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  const rest = words.slice(end + 1);
  // Help needs nothing else to be right.
  if (!given.has("help")) assertPositionals(positionals, rest, signature);
  return {
    entry: positionals[0] ?? "",
    rest,
    text: (option) => given.get(option)?.at(-1),
    texts: (option) => given.get(option) ?? [],
    has: (option) => given.has(option),
  };
}

/** The sentence about a word that nobody knows: `Did you mean "reload"?`, or nothing. */
export function suggest(word: string, known: readonly string[], prefix = ""): string {
  const nearest = nearestName(word, known);
  return nearest === undefined ? "" : ` Did you mean "${prefix}${nearest}"?`;
}

/** A failure that points at the help of a command. */
export function usageFailure(problem: string, command = ""): CommandFailure {
  const help = ["packetron", command, "--help"].filter((word) => word !== "").join(" ");
  return new CommandFailure(ExitCode.USAGE, `${problem}\nSee "${help}".`);
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function assertOption({ name, rawName, value, inlineValue }: OptionToken, signature: Signature): void {
  const spec = Object.hasOwn(signature.options, name) ? signature.options[name] : undefined;
  if (spec === undefined) {
    const hint = suggest(name, Object.keys(signature.options), "--");
    const passed = signature.entry ? " What is meant for the program stands behind --." : "";
    throw usageFailure(`Unknown option ${rawName}.${hint}${passed}`, signature.name);
  }
  if (spec.value === undefined) {
    if (value !== undefined) throw usageFailure(`${rawName} takes no value, got "${value}".`, signature.name);
  } else if (value === undefined || value === "" || (inlineValue === false && value.startsWith("-"))) {
    throw usageFailure(`${rawName} needs a value: ${rawName} ${spec.value}.`, signature.name);
  }
}

function assertPositionals(
  positionals: readonly string[],
  rest: readonly string[],
  { name, entry }: Signature,
): void {
  if (entry && positionals.length === 0)
    throw usageFailure(`"packetron ${name}" needs the entry file of the program.`, name);
  const surplus = positionals[entry ? 1 : 0] ?? (entry ? undefined : rest[0]);
  if (surplus === undefined) return;
  const hint = entry ? ` What is meant for the program stands behind --: -- ${surplus}` : "";
  throw usageFailure(`Unexpected argument "${surplus}".${hint}`, name);
}

function toConfig({ value, short, multiple = false }: OptionSpec): {
  type: "string" | "boolean";
  multiple: boolean;
  short?: string;
} {
  const config = { type: value === undefined ? "boolean" : "string", multiple } as const;
  return short === undefined ? config : { ...config, short };
}
