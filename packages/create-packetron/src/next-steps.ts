/** What the command prints when the project is made. */
import { type Answers, toPackageFolder } from "./answers.ts";
import { NODE_RANGES } from "./manifest.ts";
import type { PackageManager } from "./package-manager.ts";
import { templates } from "./templates.ts";

/** The commands that install, test and start the project. */
export function nextSteps({ folder, name, template, language }: Answers, manager: PackageManager): string {
  const languageName = language === "typescript" ? "TypeScript" : "JavaScript";
  const last =
    templates[template].kind === "application"
      ? [
          withRemark(`${manager} start`, "http://127.0.0.1:3000"),
          withRemark(`${manager} run dev`, "reloads at each change"),
        ]
      : [
          `Then change src/${toPackageFolder(name)}.${language === "typescript" ? "ts" : "js"}, and its tests.`,
        ];
  return [
    `Made ${folder} from the template ${template}, in ${languageName}. Next:`,
    "",
    ...(folder === "." ? [] : [`  cd ${/\s/.test(folder) ? `"${folder}"` : folder}`]),
    `  ${manager} install`,
    `  ${manager} test`,
    ...last,
    "",
  ].join("\n");
}

function withRemark(command: string, remark: string): string {
  return `  ${command.padEnd(14)}  # ${remark}`;
}

/** A warning for TypeScript on a Node.js that cannot run it; `""` where it can. */
export function languageWarning({ language }: Answers, runsTypeScript: boolean, nodeVersion: string): string {
  if (language === "javascript" || runsTypeScript) return "";
  return `TypeScript without a build needs Node.js ${NODE_RANGES.typescript} or newer, and this is ${nodeVersion}.\n`;
}
