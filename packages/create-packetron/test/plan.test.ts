import { describe, expect, test } from "vitest";
import type { Answers } from "../src/answers.ts";
import type { Language } from "../src/catalog.ts";
import { planProject } from "../src/plan.ts";
import { type TemplateName, templateNames, templates } from "../src/templates.ts";
import { catalog } from "./_surroundings.ts";

const languages: readonly Language[] = ["typescript", "javascript"];
const all = templateNames.flatMap((template) => languages.map((language) => ({ template, language })));
const applications = all.filter(({ template }) => templates[template].kind === "application");

function plan(
  template: TemplateName,
  language: Language,
  changes: Partial<Answers> = {},
): ReadonlyMap<string, string> {
  const answers = { folder: "x", name: "my-thing", template, language, packages: null, mediaType: undefined };
  return planProject({ ...answers, ...changes }, { catalog, version: "1.2.3", manager: "pnpm" });
}

function manifestOf(files: ReadonlyMap<string, string>): Record<string, Record<string, string>> {
  return JSON.parse(files.get("package.json") ?? "");
}

describe.each(all)("the template $template in $language", ({ template, language }) => {
  const files = plan(template, language);
  const extension = language === "typescript" ? "ts" : "js";

  test("has sources, tests, a README, a workflow, a list of ignored files, and a Dockerfile if it is a program", () => {
    const paths = [...files.keys()];
    const kinds = [
      /^src\//,
      /^test\/.*\.test\./,
      /^README\.md$/,
      /^\.github\/workflows\/ci\.yml$/,
      /^\.gitignore$/,
    ];
    for (const kind of kinds) expect(paths.filter((path) => kind.test(path))).not.toEqual([]);
    expect(paths.includes("Dockerfile")).toBe(templates[template].kind === "application");
    expect(paths.includes("tsconfig.json")).toBe(language === "typescript");
  });

  test("has programs of its language only, apart from those of a page", () => {
    const programs = [...files.keys()].filter((path) => /\.[jt]s$/.test(path) && !path.startsWith("public/"));
    expect(programs.filter((path) => !path.endsWith(`.${extension}`))).toEqual([]);
  });

  test("has no placeholder left, and names no file of the other language", () => {
    const other = language === "typescript" ? /\b(?:app|server|notes)\.js\b/ : /\.ts\b/;
    for (const [path, text] of files) {
      expect(path).not.toContain("{{");
      // `${{ … }}` is an expression of GitHub's workflows.
      expect(text, path).not.toMatch(/(?<!\$)\{\{|__\w+__/);
      expect(text, path).not.toMatch(other);
    }
  });

  test("depends on the version of this package", () => {
    const { dependencies, peerDependencies } = manifestOf(files);
    const ranges = Object.values({ ...dependencies, ...peerDependencies });
    expect(new Set(ranges)).toEqual(new Set(["^1.2.3"]));
  });
});

describe.each(applications)(
  "the template $template in $language with chosen packages",
  ({ template, language }) => {
    test("imports and registers what it needs and what is chosen, and not the package packetron", () => {
      const packages = [...new Set([...templates[template].packages, "cors"])].toSorted();
      const files = plan(template, language, { packages });
      const app = files.get(`src/app.${language === "typescript" ? "ts" : "js"}`) ?? "";
      for (const name of packages) {
        const { factory } = catalog.capabilities.find((entry) => entry.name === name) ?? { factory: "?" };
        expect(app).toContain(`import { ${factory} } from "@packetron/${name}";`);
        expect(app).toMatch(new RegExp(`capabilities: \\[[^\\]]*\\b${factory}\\(\\)`));
      }
      for (const [path, text] of files) expect(text, path).not.toContain('from "packetron"');
      expect(Object.keys(manifestOf(files)["dependencies"] ?? {})).toEqual(
        ["core", ...packages].map((name) => `@packetron/${name}`).toSorted(),
      );
      expect(manifestOf(files)["devDependencies"]).toHaveProperty("@packetron/cli");
    });
  },
);

test("a list of all capabilities has a line for each", () => {
  const packages = catalog.capabilities.map(({ name }) => name);
  const app = plan("minimal", "typescript", { packages }).get("src/app.ts") ?? "";
  expect(app).toContain("    capabilities: [\n      bodyJson(),\n      bodyText(),\n");
});

test("core alone has no list of capabilities", () => {
  const app = plan("minimal", "typescript", { packages: [] }).get("src/app.ts");
  expect(app).toContain('from "@packetron/core";');
  expect(app).not.toContain("capabilities");
});

test("the names in a package follow from its own name, without a prefix", () => {
  const files = plan("parser", "javascript", { name: "packetron-body-csv", mediaType: "text/csv" });
  const source = files.get("src/body-csv.js");
  expect(source).toContain("export const CSV_BODY = 1 << 20;");
  expect(source).toContain("export function bodyCsv(flag = CSV_BODY) {");
  expect(source).toContain('mediaTypes: ["text/csv"]');
  expect(manifestOf(files)["name"]).toBe("packetron-body-csv");
});

test("a capability in JavaScript keeps the quotes of its header", () => {
  expect(plan("capability", "javascript").get("src/my-thing.js")).toContain('{ "X-My-Thing": value }');
});
