/** The templates, and what a project made from each of them is. */

/** What a project is: a program, or a package that adds a capability to programs. */
export type Kind = "application" | "package";

/** A template. */
export interface Template {
  readonly kind: Kind;
  /** What the project does, in one line. */
  readonly summary: string;
  /** The capabilities that the program uses, by npm name without scope. */
  readonly packages: readonly string[];
}

/** The name of a template. */
export type TemplateName = "minimal" | "api" | "fullstack" | "parser" | "capability";

/** All templates, in the order in which they are listed. */
export const templates: Readonly<Record<TemplateName, Template>> = {
  minimal: { kind: "application", summary: "an application with two routes", packages: [] },
  api: {
    kind: "application",
    summary: "a JSON API with probes, and values that all workers share",
    packages: ["body-json", "global-data", "health"],
  },
  fullstack: {
    kind: "application",
    summary: "a page with uploads and live events",
    packages: ["health", "multipart", "static", "stream"],
  },
  parser: { kind: "package", summary: "a package that reads bodies of another type", packages: [] },
  capability: { kind: "package", summary: "a package that adds an option to servers", packages: [] },
};

/** The names of the templates. */
export const templateNames: readonly TemplateName[] = ["minimal", "api", "fullstack", "parser", "capability"];

/** Whether a word is the name of a template. */
export function isTemplateName(word: string): word is TemplateName {
  return Object.hasOwn(templates, word);
}
