/** The answers that decide what a project contains, their defaults, and what is not a valid answer. */
import { basename, resolve } from "node:path";
import { type Given, suggest } from "./arguments.ts";
import type { Catalog, Language } from "./catalog.ts";
import { usageFailure } from "./exit-code.ts";
import { type TemplateName, templates } from "./templates.ts";

/** Everything that decides what a project contains. */
export interface Answers {
  /** The folder as the user wrote it, relative to the current one. */
  readonly folder: string;
  /** The npm name of the project. */
  readonly name: string;
  readonly template: TemplateName;
  readonly language: Language;
  /** The capabilities beside core, by npm name without scope; `null` for the package `packetron`, which has all. */
  readonly packages: readonly string[] | null;
  /** What the template `parser` reads; `undefined` for a type with the name of the package. */
  readonly mediaType: string | undefined;
}

/** The folder for which a user does not give a name. */
export const DEFAULT_FOLDER = "packetron-app";

/** The template of `--yes`. */
export const DEFAULT_TEMPLATE: TemplateName = "api";

/**
 * Completes what the user has given with defaults.
 *
 * @param defaultLanguage The language that this Node.js runs without a build.
 * @throws CommandFailure (exit code 2) for answers that do not fit together, or that are not valid.
 */
export function completeAnswers(
  given: Given,
  { catalog, cwd, defaultLanguage }: { catalog: Catalog; cwd: string; defaultLanguage: Language },
): Answers {
  const { folder = DEFAULT_FOLDER, template = DEFAULT_TEMPLATE, language = defaultLanguage } = given;
  assertFitting(given, template);
  const name = toProjectName(folder, cwd);
  if (templates[template].kind === "package") assertFactoryName(name);
  return {
    folder,
    name,
    template,
    language,
    packages: given.packages === undefined ? null : choosePackages(given.packages, template, catalog),
    mediaType: given.mediaType,
  };
}

/** The npm name of a project: that of its folder, in lower case and with dashes for other letters. */
export function toProjectName(folder: string, cwd: string): string {
  const name = basename(resolve(cwd, folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (/^[a-z]/.test(name)) return name;
  throw usageFailure(`The folder "${folder}" gives no name to the project: start it with a letter.`);
}

/** Words of JavaScript that a function of a module cannot have as its name (ECMAScript, section 12.7.2). */
const RESERVED =
  /^(?:arguments|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|eval|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$/;

/** The function that makes the capability has the name of the package. */
function assertFactoryName(name: string): void {
  const word = toPackageFolder(name);
  if (!RESERVED.test(word)) return;
  throw usageFailure(
    `A package cannot be named "${word}", which is a word of JavaScript: its function has that name.`,
  );
}

/** The name of a package in its own files: without the prefix that names of packages for Packetron have. */
export function toPackageFolder(name: string): string {
  return name.replace(/^packetron-(?=[a-z])/, "");
}

function assertFitting({ packages, mediaType }: Given, template: TemplateName): void {
  if (packages !== undefined && templates[template].kind === "package")
    throw usageFailure(`--packages is for applications; the template ${template} depends on core only.`);
  if (mediaType !== undefined && template !== "parser")
    throw usageFailure(`--media-type is for the template parser, not for ${template}.`);
}

/** The chosen packages with those that the template needs, sorted. */
function choosePackages(
  chosen: readonly string[],
  template: TemplateName,
  { capabilities }: Catalog,
): string[] {
  const known = capabilities.map(({ name }) => name);
  const unknown = chosen.find((name) => name !== "core" && !known.includes(name));
  if (unknown !== undefined) throw usageFailure(`Unknown package "${unknown}".${suggest(unknown, known)}`);
  const names = new Set([...chosen.filter((name) => name !== "core"), ...templates[template].packages]);
  return [...names].toSorted();
}
