/** The package.json of a project. */
import type { Answers } from "./answers.ts";
import type { Catalog } from "./catalog.ts";
import { templates } from "./templates.ts";

/** The oldest Node.js that runs a project: TypeScript without a build needs a newer one than Packetron. */
export const NODE_RANGES = { typescript: "22.18", javascript: "20.19" } as const;

interface Dependencies {
  [name: string]: string;
}

/** Makes the text of the package.json. `version` is that of all packages of Packetron. */
export function projectManifest(
  answers: Answers,
  { catalog, version, description }: { catalog: Catalog; version: string; description: string },
): string {
  const { name, language, template } = answers;
  const isTyped = language === "typescript";
  const common = {
    name,
    version: "0.0.0",
    description,
    type: "module",
    engines: { node: `>=${NODE_RANGES[language]}.0` },
  };
  const tools: Dependencies = isTyped ? catalog.tools : {};
  const manifest =
    templates[template].kind === "application"
      ? { ...common, private: true, ...applicationFields(answers, `^${version}`, tools) }
      : { ...common, ...packageFields(isTyped, `^${version}`, tools) };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function applicationFields({ language, packages }: Answers, range: string, tools: Dependencies): object {
  const isTyped = language === "typescript";
  const file = isTyped ? "src/server.ts" : "src/server.js";
  const names = packages === null ? ["packetron"] : ["core", ...packages].map((name) => `@packetron/${name}`);
  // The package `packetron` has the command line already.
  const own = packages === null ? {} : { "@packetron/cli": range };
  const devDependencies = { ...own, ...tools };
  return {
    scripts: {
      start: `node ${file}`,
      dev: `packetron dev ${file}`,
      test: "node --test",
      ...(isTyped ? { typecheck: "tsc" } : {}),
    },
    dependencies: Object.fromEntries(names.toSorted().map((name) => [name, range])),
    ...(Object.keys(devDependencies).length > 0 ? { devDependencies } : {}),
  };
}

function packageFields(isTyped: boolean, range: string, tools: Dependencies): object {
  return {
    license: "ISC",
    keywords: ["packetron", "packetron-capability"],
    files: [isTyped ? "dist" : "src"],
    exports: {
      ".": isTyped ? { types: "./dist/index.d.ts", default: "./dist/index.js" } : "./src/index.js",
    },
    scripts: isTyped
      ? {
          build: "tsc -p tsconfig.build.json",
          prepack: "npm run build",
          test: "node --test",
          typecheck: "tsc",
        }
      : { test: "node --test" },
    // A peer dependency, so that a program has one copy of core.
    peerDependencies: { "@packetron/core": range },
    devDependencies: { "@packetron/core": range, ...tools },
  };
}
