/** Decides which files a project has, and their texts. Nothing is written here. */
import { type Answers, toPackageFolder } from "./answers.ts";
import type { Catalog } from "./catalog.ts";
import { withChosenPackages } from "./choose-packages.ts";
import { describePackage, fillTemplate } from "./describe-package.ts";
import { NODE_RANGES, projectManifest } from "./manifest.ts";
import { templates } from "./templates.ts";

/** The first bit of flags that packages of third parties may take. */
const FIRST_FREE_BIT = 20;

/** What the plan depends on beside the answers. */
export interface PlanContext {
  readonly catalog: Catalog;
  /** The version of all packages of Packetron. */
  readonly version: string;
  /** The package manager that the README names. */
  readonly manager: string;
}

/** Returns the texts of a project by their paths, with slashes, relative to its folder. */
export function planProject(answers: Answers, context: PlanContext): ReadonlyMap<string, string> {
  const { template, language } = answers;
  const { catalog, manager, version } = context;
  const fields = {
    ...describeProject(answers),
    manager,
    extension: language === "typescript" ? "ts" : "js",
    nodeRange: NODE_RANGES[language],
    nodeVersions: language === "typescript" ? "22, 24" : "20, 22, 24",
  };
  const manifest = projectManifest(answers, { catalog, version, description: fields.description });
  const plan = new Map([["package.json", manifest]]);
  const folders: readonly string[] = [templates[template].kind, template];
  for (const [path, text] of Object.entries(catalog.files[language])) {
    const [folder = "", ...rest] = path.split("/");
    if (!folders.includes(folder)) continue;
    const target = fillTemplate(rest.join("/"), fields);
    plan.set(target, choosePackages(target, fillTemplate(text, fields), answers, catalog));
  }
  return plan;
}

/** What the templates of a kind need to know about a project. */
function describeProject({
  name,
  template,
  mediaType,
}: Answers): Record<string, string> & { description: string } {
  if (templates[template].kind === "application") {
    const { summary } = templates[template];
    return { name, description: summary.charAt(0).toUpperCase() + summary.slice(1) };
  }
  const folder = toPackageFolder(name);
  const fields = describePackage({ name, folder, isParser: template === "parser", mediaType });
  return {
    ...fields,
    bit: String(FIRST_FREE_BIT),
    runner: "node:test",
    registered: `With the package \`packetron\` it is the same: \`new Packetron({ capabilities: [${fields.factory}()] })\`.`,
  };
}

function choosePackages(
  path: string,
  text: string,
  { packages }: Answers,
  { capabilities }: Catalog,
): string {
  if (packages === null || !/^(?:src|test)\/.*\.[jt]s$/.test(path)) return text;
  return withChosenPackages(
    text,
    capabilities.filter(({ name }) => packages.includes(name)),
  );
}
