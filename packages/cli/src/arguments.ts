/**
 * Parses the arguments of a command with Node's `util.parseArgs`, and says what is wrong and what was probably meant.
 */
import { parseArgs } from "node:util";
import { nearestName } from "@packetron/core/control";
import { CommandFailure, ExitCode } from "./exit-code.ts";

/** An option in the table of commands. */
export interface OptionSpec {
  /** The placeholder of the value in the help, `"<n>"`. Without it, the option is a switch that takes no value. */
  readonly value?: string;
  readonly short?: string;
  /** Whether the option may be given more than once. */
  readonly multiple?: boolean;
  readonly help: string;
}

/** The arguments that a command takes. */
export interface Signature {
  readonly name: string;
  /** Whether the command needs an entry file, and passes the arguments after `--` to it. */
  readonly entry: boolean;
  /** The placeholder of the one argument of a command without an entry file: `"<worker>"`. */
  readonly operand?: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

/** The arguments that the user has given. */
export interface Values {
  /** The entry file, `""` for a command that takes none. */
  readonly entry: string;
  /** The operand of the command, `""` for a command that takes none. */
  readonly operand: string;
  /** The arguments after `--`. */
  readonly rest: readonly string[];
  /** The last value of an option; `undefined` when it was not given. */
  text(option: string): string | undefined;
  /** All values of an option. */
  texts(option: string): readonly string[];
  has(option: string): boolean;
}

/**
 * Parses the words after the name of a command. Options may precede or follow the entry file.
 *
 * @throws CommandFailure (exit code 2) that names the wrong word and the option that was probably meant.
 */
export function readArguments(words: readonly string[], signature: Signature): Values {
  const { options } = signature;
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, toConfig(spec)])),
    strict: false, // the errors of strict mode do not suggest the nearest option
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
  // `--help` works even when the entry file is missing.
  if (!given.has("help")) assertPositionals(positionals, rest, signature);
  return {
    entry: signature.entry ? (positionals[0] ?? "") : "",
    operand: signature.operand === undefined ? "" : (positionals[0] ?? ""),
    rest,
    text: (option) => given.get(option)?.at(-1),
    texts: (option) => given.get(option) ?? [],
    has: (option) => given.has(option),
  };
}

/** The suggestion for an unknown word: ` Did you mean "reload"?`, or `""` when no known word is near. */
export function suggest(word: string, known: readonly string[], prefix = ""): string {
  const nearest = nearestName(word, known);
  return nearest === undefined ? "" : ` Did you mean "${prefix}${nearest}"?`;
}

/** A failure whose message refers to the help of a command. */
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
    const passed = signature.entry ? " Put arguments for the program after --." : "";
    throw usageFailure(`Unknown option ${rawName}.${hint}${passed}`, signature.name);
  }
  if (spec.value === undefined) {
    if (value !== undefined)
      throw usageFailure(`${rawName} takes no value, but got "${value}".`, signature.name);
  } else if (value === undefined || value === "" || (inlineValue === false && value.startsWith("-"))) {
    throw usageFailure(`${rawName} needs a value: ${rawName} ${spec.value}.`, signature.name);
  }
}

function assertPositionals(
  positionals: readonly string[],
  rest: readonly string[],
  { name, entry, operand }: Signature,
): void {
  if (entry && positionals.length === 0)
    throw usageFailure(`"packetron ${name}" needs the entry file of the program.`, name);
  if (operand !== undefined && positionals.length === 0)
    throw usageFailure(`"packetron ${name}" needs ${operand}.`, name);
  const surplus = positionals[entry || operand !== undefined ? 1 : 0] ?? (entry ? undefined : rest[0]);
  if (surplus === undefined) return;
  const hint = entry ? ` Put arguments for the program after --: -- ${surplus}` : "";
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
