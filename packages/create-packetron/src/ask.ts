/** Asks for the answers that the command line does not give. */
import { DEFAULT_FOLDER, DEFAULT_TEMPLATE } from "./answers.ts";
import { type Given, isMediaType } from "./arguments.ts";
import type { Catalog, Language } from "./catalog.ts";
import { CommandFailure, ExitCode } from "./exit-code.ts";
import { templateNames, templates } from "./templates.ts";
import { assertUsable } from "./write-project.ts";

/** An answer to choose, with what it means. */
export interface Choice<Value extends string = string> {
  readonly value: Value;
  readonly label: string;
  readonly hint?: string;
}

/** The questions of a terminal. Each resolves to `undefined` when the user cancels it. */
export interface Prompts {
  text(question: {
    readonly message: string;
    readonly initial: string;
    /** Returns what is wrong with an answer, or `undefined`. */
    readonly validate: (answer: string) => string | undefined;
  }): Promise<string | undefined>;
  select(message: string, choices: readonly Choice[], initial: string): Promise<string | undefined>;
  multiselect(message: string, choices: readonly Choice[]): Promise<readonly string[] | undefined>;
}

/** Asks for each answer that is missing. Throws a `CommandFailure` (exit code 130) when the user cancels. */
export async function askMissing(
  given: Given,
  prompts: Prompts,
  { catalog, cwd, defaultLanguage }: { catalog: Catalog; cwd: string; defaultLanguage: Language },
): Promise<Given> {
  const folder = given.folder ?? needed(await askFolder(prompts, cwd));
  const choices = templateNames.map((name) => ({ value: name, label: name, hint: templates[name].summary }));
  const template =
    given.template ?? (await choose(prompts, "What do you want to make?", choices, DEFAULT_TEMPLATE));
  const languages = [
    { value: "typescript", label: "TypeScript" },
    { value: "javascript", label: "JavaScript" },
  ] as const;
  const language =
    given.language ?? (await choose<Language>(prompts, "In which language?", languages, defaultLanguage));
  const isApplication = templates[template].kind === "application";
  const packages = given.packages ?? (isApplication ? await askPackages(prompts, catalog) : undefined);
  const mediaType = given.mediaType ?? (template === "parser" ? await askMediaType(prompts) : undefined);
  return { ...given, folder, template, language, packages, mediaType };
}

function askFolder(prompts: Prompts, cwd: string): Promise<string | undefined> {
  return prompts.text({
    message: "In which folder?",
    initial: DEFAULT_FOLDER,
    validate: (answer) => {
      try {
        assertUsable(answer, cwd);
        return undefined;
      } catch (error) {
        if (!(error instanceof CommandFailure)) throw error;
        return error.message.split("\n")[0]; // the rest refers to the help
      }
    },
  });
}

async function askPackages(
  prompts: Prompts,
  { capabilities }: Catalog,
): Promise<readonly string[] | undefined> {
  const all = { value: "all", label: "packetron", hint: "every capability, in one package" } as const;
  const some = { value: "some", label: "chosen packages", hint: "core, and only what you choose" } as const;
  const answer = await choose<"all" | "some">(prompts, "Which packages?", [all, some], "all");
  if (answer === "all") return undefined;
  const choices = capabilities.map(({ name, description }) => ({
    value: name,
    label: name,
    hint: description,
  }));
  return needed(await prompts.multiselect("Which ones, beside those that the template needs?", choices));
}

async function askMediaType(prompts: Prompts): Promise<string> {
  return needed(
    await prompts.text({
      message: "Which media type does it read?",
      initial: "text/csv",
      validate: (answer) => (isMediaType(answer) ? undefined : "Give a media type, such as text/csv."),
    }),
  );
}

/** Asks for one of the values. */
async function choose<Value extends string>(
  prompts: Prompts,
  message: string,
  choices: readonly Choice<Value>[],
  initial: Value,
): Promise<Value> {
  const answer = await prompts.select(message, choices, initial);
  return needed(choices.find(({ value }) => value === answer)?.value);
}

function needed<Answer>(answer: Answer | undefined): Answer {
  if (answer === undefined) throw new CommandFailure(ExitCode.CANCELLED, "Cancelled: nothing is written.");
  return answer;
}
