import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { options } from "../src/arguments.ts";
import { templateNames } from "../src/templates.ts";
import { makeFolder, runIn, scriptedPrompts } from "./_surroundings.ts";

const FOLDER = "In which folder?";
const TEMPLATE = "What do you want to make?";
const LANGUAGE = "In which language?";
const PACKAGES = "Which packages?";
const CHOSEN = "Which ones, beside those that the template needs?";
const MEDIA_TYPE = "Which media type does it read?";

interface Manifest {
  readonly name: string;
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
}

describe("npm create packetron", () => {
  test.each(["--help", "-h"])("shows every option and template with %s", async (word) => {
    const { code, out, err } = await runIn(makeFolder(), [word]);
    expect([code, err]).toEqual([0, ""]);
    for (const name of Object.keys(options)) expect(out).toContain(`--${name}`);
    for (const name of templateNames) expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  test.each(["--version", "-v"])("shows its version with %s", async (word) => {
    expect(await runIn(makeFolder(), [word])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  test("makes the default application with --yes", async () => {
    const cwd = makeFolder();
    const { code, out, err } = await runIn(cwd, ["--yes"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("Made packetron-app from the template api, in TypeScript.");
    expect(readManifest(join(cwd, "packetron-app")).name).toBe("packetron-app");
  });

  test.each([
    ["npm", ["  cd my-app", "  npm install", "  npm test", "  npm start", "  npm run dev"]],
    ["pnpm", ["  cd my-app", "  pnpm install", "  pnpm test", "  pnpm start", "  pnpm run dev"]],
    ["yarn", ["  cd my-app", "  yarn install", "  yarn test", "  yarn start", "  yarn run dev"]],
  ] as const)("prints the next commands for %s", async (manager, commands) => {
    const { out } = await runIn(makeFolder(), ["my-app", "-t", "minimal"], { manager });
    const lines = out.split("\n").filter((line) => line.startsWith("  "));
    expect(lines.map((line) => line.replace(/ +#.*/, ""))).toEqual(commands);
  });

  test("takes JavaScript where Node.js does not run TypeScript, and warns when TypeScript is asked for", async () => {
    const old = { runsTypeScript: false, nodeVersion: "v20.19.0" };
    const words = ["app", "-t", "minimal"];
    expect(await runIn(makeFolder(), words, old)).toMatchObject({
      out: expect.stringContaining("in JavaScript"),
      err: "",
    });
    expect(await runIn(makeFolder(), [...words, "--ts"], old)).toMatchObject({
      code: 0,
      err: "TypeScript without a build needs Node.js 22.18 or newer, and this is v20.19.0.\n",
    });
  });

  test("makes the project in the current folder for a dot, with the name of that folder", async () => {
    const cwd = join(makeFolder(), "Shop API");
    mkdirSync(cwd);
    const { code, out } = await runIn(cwd, [".", "-t", "minimal"]);
    expect([code, readManifest(cwd).name]).toEqual([0, "shop-api"]);
    expect(out).not.toContain("  cd ");
  });
});

describe("a folder", () => {
  test("that is not empty is refused with exit code 1, and stays as it is", async () => {
    const cwd = makeFolder();
    mkdirSync(join(cwd, "app"));
    for (const name of ["a", "b", "c", "d", "e"]) writeFileSync(join(cwd, "app", name), "");
    const { code, err } = await runIn(cwd, ["app", "--yes"]);
    expect([code, err]).toEqual([
      1,
      "The folder app is not empty: it has a, b, c and 2 more. Give the name of a new folder.\n",
    ]);
    expect(readdirSync(join(cwd, "app"))).toHaveLength(5);
  });

  test("that is a file is refused with exit code 1", async () => {
    const cwd = makeFolder();
    writeFileSync(join(cwd, "app"), "");
    expect(await runIn(cwd, ["app", "--yes"])).toMatchObject({
      code: 1,
      err: "The project cannot be made: app is a file.\n",
    });
  });

  test("with a new repository of git is empty", async () => {
    const cwd = makeFolder();
    mkdirSync(join(cwd, "app/.git"), { recursive: true });
    expect(await runIn(cwd, ["app", "--yes"])).toMatchObject({ code: 0 });
  });

  test("is checked before the first question", async () => {
    const cwd = makeFolder();
    writeFileSync(join(cwd, "file"), "");
    const { prompts, asked } = scriptedPrompts({});
    expect(await runIn(cwd, ["."], { loadPrompts: async () => prompts })).toMatchObject({ code: 1 });
    expect(asked).toEqual([]);
  });
});

describe("without a terminal", () => {
  test.each([[[]], [["my-app"]], [["--template", "api"]]])("%j is not enough: exit code 2", async (words) => {
    const cwd = makeFolder();
    expect(await runIn(cwd, words)).toMatchObject({
      code: 2,
      err: expect.stringContaining("give a folder and --template, or --yes for the defaults."),
    });
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe("on a terminal", () => {
  test("each answer that is missing is asked for", async () => {
    const cwd = makeFolder();
    const { prompts, asked } = scriptedPrompts({
      [FOLDER]: "shop",
      [TEMPLATE]: "minimal",
      [LANGUAGE]: "javascript",
      [PACKAGES]: "some",
      [CHOSEN]: ["cors", "body-json"],
    });
    expect(await runIn(cwd, [], { loadPrompts: async () => prompts })).toMatchObject({ code: 0 });
    expect(asked).toEqual([FOLDER, TEMPLATE, LANGUAGE, PACKAGES, CHOSEN]);
    expect(Object.keys(readManifest(join(cwd, "shop")).dependencies)).toEqual([
      "@packetron/body-json",
      "@packetron/core",
      "@packetron/cors",
    ]);
    expect(existsSync(join(cwd, "shop/src/server.js"))).toBe(true);
  });

  test.each([
    ["full", "The folder full is not empty: it has file. Give the name of a new folder."],
    ["7up", 'The folder "7up" gives no name to the project: start it with a letter.'],
  ])("the folder %s is refused at once, with the reason", async (folder, problem) => {
    const cwd = makeFolder();
    mkdirSync(join(cwd, "full"));
    writeFileSync(join(cwd, "full/file"), "");
    const { prompts, asked } = scriptedPrompts({ [FOLDER]: folder });
    expect(await runIn(cwd, [], { loadPrompts: async () => prompts })).toMatchObject({ code: 130 });
    expect(asked).toEqual([FOLDER, problem]);
  });

  test("answers of the command line are not asked for, and a parser has no choice of packages", async () => {
    const { prompts, asked } = scriptedPrompts({ [MEDIA_TYPE]: "text/csv" });
    const words = ["body-csv", "--template", "parser", "--ts"];
    expect(await runIn(makeFolder(), words, { loadPrompts: async () => prompts })).toMatchObject({ code: 0 });
    expect(asked).toEqual([MEDIA_TYPE]);
  });

  test("nothing is asked with --yes", async () => {
    const { prompts, asked } = scriptedPrompts({});
    expect(await runIn(makeFolder(), ["-y"], { loadPrompts: async () => prompts })).toMatchObject({
      code: 0,
    });
    expect(asked).toEqual([]);
  });

  test.each([FOLDER, TEMPLATE, LANGUAGE, PACKAGES])(
    "a cancelled question ends with exit code 130 and writes nothing: %s",
    async (question) => {
      const cwd = makeFolder();
      const { prompts } = scriptedPrompts({ [question]: undefined });
      expect(await runIn(cwd, [], { loadPrompts: async () => prompts })).toEqual({
        code: 130,
        out: "",
        err: "Cancelled: nothing is written.\n",
      });
      expect(readdirSync(cwd)).toEqual([]);
    },
  );
});

describe("wrong usage ends with exit code 2 and writes nothing", () => {
  test.each([
    [["a", "--template", "apy"], 'Unknown template "apy". Did you mean "api"?'],
    [["a", "-t", "zzz"], 'Unknown template "zzz". Known: minimal, api, fullstack, parser, capability.'],
    [["a", "--tempalte", "api"], 'Unknown option --tempalte. Did you mean "--template"?'],
    [["a", "--template"], "--template needs a value: --template <name>."],
    [["a", "--ts=yes"], '--ts takes no value, but got "yes".'],
    [["a", "--ts", "--js"], "Give --ts or --js, not both."],
    [["a", "b"], 'Unexpected argument "b".'],
    [["a", "api"], "npm needs -- before options: npm create packetron@latest my-app -- --template api"],
    [["a", "-y", "--packages", "bdy-json"], 'Unknown package "bdy-json". Did you mean "body-json"?'],
    [["a", "-t", "parser", "--packages", "cors"], "--packages is for applications"],
    [["a", "-t", "api", "--media-type", "text/csv"], "--media-type is for the template parser, not for api."],
    [["a", "-t", "parser", "--media-type", 'text/"csv'], "is not a media type, such as text/csv."],
    [["7up", "-t", "api"], 'The folder "7up" gives no name to the project: start it with a letter.'],
    [["static", "-t", "capability"], 'A package cannot be named "static", which is a word of JavaScript'],
  ])("%j", async (words, message) => {
    const cwd = makeFolder();
    const { code, out, err } = await runIn(cwd, words);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err).toContain('See "npm create packetron@latest -- --help".');
    expect(readdirSync(cwd)).toEqual([]);
  });
});
