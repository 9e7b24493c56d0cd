/** Makes a project with the packed `create-packetron`, and installs it from the tarballs with a package manager. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import type { TemplateName } from "../../packages/create-packetron/src/templates.ts";
import { type Consumer, linkTools } from "./_consumer.ts";

const execute = promisify(execFile);
const full = process.env.PACKETRON_TEST_FULL !== undefined;

/** The environment of a user's shell: without the settings of the package manager that runs the tests. */
export const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^p?npm_/i.test(name)),
);

/** The package managers of the full run; the others run npm. */
export type Manager = "npm" | "pnpm" | "yarn";

/** A project to make. */
export interface ProjectCase {
  readonly template: TemplateName;
  readonly flags: readonly string[];
  readonly manager: Manager;
}

/** A project that is made and installed. */
export interface Project {
  readonly path: string;
  readonly manifest: ProjectManifest;
  /** Runs a program in the project. Resolves to its stdout and stderr, and rejects when it fails. */
  run(file: string, ...args: readonly string[]): Promise<string>;
}

interface ProjectManifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** How each package manager is called. */
export const COMMANDS: Readonly<Record<Manager, readonly [file: string, ...args: readonly string[]]>> = {
  npm: ["npm"],
  pnpm: ["npx", "-y", "pnpm@12"],
  yarn: ["npx", "-y", "yarn@1"],
};

/** The words after the command that install a project. Answers in a cache are not asked for again. */
function installWords(manager: Manager, creator: Consumer): string[] {
  const words = ["install", "--prefer-offline", "--ignore-scripts"];
  if (manager === "npm") return [...words, "--no-audit", "--no-fund"];
  if (manager === "pnpm") return words;
  // yarn keeps tarballs by name and version, so an older build would be installed. Two yarns damage one cache.
  const cache = join(creator.path, "yarn-cache");
  return [...words, "--non-interactive", "--cache-folder", cache, "--mutex", `file:${cache}.lock`];
}

/**
 * Makes a project in a folder of the creator, in which `create-packetron` is installed. The compiler is linked from the
 * repository, because it is a download of many megabytes; the full run installs it.
 */
export async function makeProject(
  creator: Consumer,
  { template, flags, manager }: ProjectCase,
): Promise<Project> {
  const folder = `${manager}-${template}-${flags.join("")}`.replace(/[^a-z]+/g, "-");
  const words = ["create-packetron", "--", folder, "--template", template, ...flags];
  await execute("npm", ["exec", ...words], { cwd: creator.path, env });
  const path = join(creator.path, folder);
  const manifest: ProjectManifest = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
  await useTarballs(path, manifest, manager);
  const project: Project = {
    path,
    manifest,
    run: async (program, ...rest) => {
      const { stdout, stderr } = await execute(program, rest, {
        cwd: path,
        env,
        maxBuffer: 16 * 1024 * 1024,
      });
      return stdout + stderr;
    },
  };
  await project.run(...COMMANDS[manager], ...installWords(manager, creator));
  if (!full && manifest.devDependencies?.["typescript"] !== undefined)
    await linkTools({ ...creator, path }, ["@types/node", "typescript"]);
  return project;
}

/** Runs a script of the project with its package manager. */
export function runScript(project: Project, manager: Manager, script: string): Promise<string> {
  return project.run(...COMMANDS[manager], "run", script);
}

/** Lets the project, and all that it depends on, get the packages of this repository from the tarballs. */
async function useTarballs(path: string, manifest: ProjectManifest, manager: Manager): Promise<void> {
  const tarballs = Object.fromEntries(
    inject("tarballs").map((tarball) => [tarball.name, `file:${tarball.path}`]),
  );
  const replace = (dependencies: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries(dependencies)
        .filter(([name]) => full || name in tarballs)
        .map(([name, range]) => [name, tarballs[name] ?? range]),
    );
  const changed = {
    ...manifest,
    dependencies: replace(manifest.dependencies),
    devDependencies: replace(manifest.devDependencies),
    ...(manager === "npm" ? { overrides: tarballs } : {}),
    ...(manager === "yarn" ? { resolutions: tarballs } : {}),
  };
  await writeFile(join(path, "package.json"), JSON.stringify(changed, null, 2));
  if (manager === "pnpm")
    await writeFile(join(path, "pnpm-workspace.yaml"), JSON.stringify({ overrides: tarballs }));
}
