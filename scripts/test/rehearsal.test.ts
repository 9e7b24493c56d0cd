/** The rehearsal of a release: a clone of this repository is released to a registry of its own, and used from there. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { publicPackages, root } from "../_packages.ts";
import { COMMANDS, env, type Manager } from "./_project.ts";
import { quickStart } from "./_quick-start.ts";
import { startRegistry } from "./_registry.ts";

const full = process.env.PACKETRON_TEST_FULL !== undefined;
const execute = promisify(execFile);

/** What users install, and the fixture with its programs. */
const choices = [
  { title: "packetron", packages: ["packetron"], fixture: "consumer" },
  {
    title: "core and body-json",
    packages: ["@packetron/core", "@packetron/body-json"],
    fixture: "core-only",
  },
] as const;

/** How each package manager adds packages; yarn keeps tarballs by name and version, so it gets a cache of its own. */
const ADD: Readonly<Record<Manager, readonly string[]>> = {
  npm: ["install", "--no-audit", "--no-fund"],
  pnpm: ["add"],
  yarn: ["add", "--non-interactive", "--cache-folder", "../yarn-cache"],
};
const managers: readonly Manager[] = ["npm", "pnpm", "yarn"];

describe.skipIf(!full)("a release", () => {
  const endings: (() => Promise<void>)[] = [];
  let folder: string;
  let clone: string;
  let version: string;
  let registry: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(await realpath(tmpdir()), "packetron-rehearsal-"));
    endings.push(() => rm(folder, { recursive: true, force: true }));
    registry = await startRegistry(folder, (end) => endings.unshift(end));
    await writeFile(join(folder, ".npmrc"), settings());
    clone = join(folder, "clone");
    await execute("git", ["clone", "--quiet", root, clone]);
    await byHand();
  }, 600_000);
  afterAll(async () => {
    for (const end of endings) await end();
  });

  test("turns the waiting changesets into one version with changelogs of texts alone", async () => {
    expect(await readdir(join(clone, ".changeset"))).toEqual(["README.md", "changelog.mjs", "config.json"]);
    for (const source of publicPackages()) {
      const text = await read("packages", source.folder, "CHANGELOG.md");
      expect(text.split("\n", 3)).toEqual([`# ${source.manifest.name}`, "", `## ${version}`]);
      expect(text).not.toMatch(/Updated dependencies|^- [0-9a-f]{7}: |^-\s*$/m);
    }
  });

  test("commits all that it writes, and tags that commit", async () => {
    expect(await git("status", "--porcelain")).toBe("");
    expect(await git("tag", "--points-at", "HEAD")).toBe(`v${version}\n`);
  });

  test("publishes every public package, and nothing when it is repeated", async () => {
    for (const { manifest } of publicPackages()) {
      const answer = await fetch(`${registry}/${manifest.name}`);
      const { "dist-tags": tags, versions } = Object(await answer.json());
      expect([manifest.name, tags, Object.keys(versions)]).toEqual([
        manifest.name,
        { latest: version },
        [version],
      ]);
      expect(JSON.stringify(versions)).not.toMatch(/workspace:|catalog:/);
    }
    expect(await release()).toContain("The registry has every version.");
  }, 300_000);

  describe.each(managers)("installed by %s", (manager) => {
    describe.each(choices)("as $title", ({ packages, fixture, title }) => {
      let path: string;
      beforeAll(async () => {
        path = join(folder, `${manager} ${title}`.replaceAll(" ", "-"));
        await cp(join(import.meta.dirname, "_fixtures", fixture), path, { recursive: true });
        await writeFile(join(path, "package.json"), JSON.stringify({ name: "consumer", private: true }));
        await writeFile(join(path, ".npmrc"), settings());
        const [file, ...words] = COMMANDS[manager];
        await run(path, file, ...words, ...ADD[manager], ...packages);
      }, 180_000);

      test("has the released version", async () => {
        const { dependencies } = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
        expect(dependencies).toEqual(Object.fromEntries(packages.map((name) => [name, `^${version}`])));
      });

      describe.each(inject("runtimes"))("on $label", ({ node, skipped }) => {
        test.for(["server.mjs", "server.cjs"])("%s serves the quick start", async (file, context) => {
          if (node === undefined) return context.skip(skipped);
          await quickStart([node, file], path);
        });
      });
    });
  });

  test.for(["--ts", "--js"])(
    "makes a project by npm create packetron@latest %s, whose tests pass",
    { timeout: 180_000 },
    async (language) => {
      const path = join(folder, `app${language}`);
      const words = ["packetron@latest", path, "--", "--template", "api", language, "--yes"];
      await mkdir(join(folder, "create"), { recursive: true });
      await run(join(folder, "create"), "npm", "create", "--yes", ...words);
      await run(path, "npm", "install", "--no-audit", "--no-fund");
      expect(await run(path, "npm", "test")).toMatch(/^(?:#|ℹ) fail 0$/m);
      expect(await read("..", `app${language}`, "package.json")).toContain(`"packetron": "^${version}"`);
    },
  );

  /** Releases as RELEASING.md says under "By hand", without the tests. */
  async function byHand(): Promise<void> {
    await execute("npx", ["-y", "pnpm@12", "exec", "changeset", "version"], { cwd: clone, env });
    version = JSON.parse(await read("packages/core/package.json")).version;
    await git("add", "--all");
    const author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
    await git(...author, "commit", "--quiet", "--allow-empty", "--message", `all: version ${version}`);
    await release();
  }

  function release(): Promise<string> {
    return run(clone, "npx", "-y", "pnpm@12", "run", "release");
  }

  async function git(...words: readonly string[]): Promise<string> {
    return (await execute("git", words, { cwd: clone, env })).stdout;
  }

  /** Runs a command that knows this registry only. Resolves to what it prints. */
  async function run(cwd: string, file: string, ...words: readonly string[]): Promise<string> {
    const known = {
      ...env,
      NPM_CONFIG_USERCONFIG: join(folder, ".npmrc"),
      ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
    };
    return (await execute(file, words, { cwd, env: known, maxBuffer: 16 * 1024 * 1024 })).stdout;
  }

  function read(...path: readonly string[]): Promise<string> {
    return readFile(join(clone, ...path), "utf8");
  }

  /** The settings of a user of the registry. npm keeps answers by address, and a former run may have had this port. */
  function settings(): string {
    const token = `${registry.replace("http:", "")}/:_authToken=test`;
    return [`registry=${registry}/`, token, `cache=${join(folder, "cache")}`, "fetch-retries=1"].join("\n");
  }
});
