/** Tests of `npm create packetron`: each template is made, installed from the tarballs and tested, as a user would. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, type TestContext, test } from "vitest";
import {
  type TemplateName,
  templateNames,
  templates,
} from "../../packages/create-packetron/src/templates.ts";
import { type Consumer, createConsumer } from "./_consumer.ts";
import { type Program, startProgram } from "./_program.ts";
import { type Manager, makeProject, type Project, type ProjectCase, runScript } from "./_project.ts";

const full = process.env.PACKETRON_TEST_FULL !== undefined;

/** Each template once, each language and choice of packages at least once. */
const quick: readonly ProjectCase[] = [
  { template: "minimal", flags: ["--js", "--packages", "core"], manager: "npm" },
  { template: "api", flags: ["--ts", "--packages", "cors"], manager: "npm" },
  { template: "fullstack", flags: ["--ts"], manager: "npm" },
  { template: "parser", flags: ["--ts", "--media-type", "text/csv"], manager: "npm" },
  { template: "capability", flags: ["--js"], manager: "npm" },
];

const managers: readonly Manager[] = ["npm", "pnpm", "yarn"];

/** Each template in both languages with each package manager. */
const every: readonly ProjectCase[] = templateNames.flatMap((template) =>
  managers.flatMap((manager) => ["--ts", "--js"].map((flag) => ({ template, flags: [flag], manager }))),
);

const cases = (full ? every : quick).map((entry) => ({ ...entry, title: entry.flags.join(" ") }));
const applications = cases.filter(({ template }) => templates[template].kind === "application");
const packages = cases.filter(({ template }) => templates[template].kind === "package");

let creator: Consumer;
beforeAll(async () => {
  creator = await createConsumer("core-only", ["create-packetron", "@packetron/core"]);
});
afterAll(() => creator.remove());

/** The requests with which a started application is asked. */
const questions: Partial<Record<TemplateName, (origin: string) => Promise<void>>> = {
  minimal: async (origin) => {
    expect(await (await fetch(`${origin}/hello/Ada`)).json()).toEqual({ hello: "Ada" });
  },
  api: async (origin) => {
    const note = `${origin}/notes/milk`;
    expect((await fetch(note, { method: "PUT", body: '{"text":"two"}' })).status).toBe(200);
    expect(await (await fetch(note)).json()).toEqual({ text: "two" });
    expect((await fetch(`${origin}/readyz`)).status).toBe(200);
  },
  fullstack: async (origin) => {
    expect(await (await fetch(origin)).text()).toContain("<form>");
    const body = new FormData();
    body.append("file", new Blob(["12345"]), "five.txt");
    const answer = await fetch(`${origin}/uploads`, { method: "POST", body });
    expect(await answer.json()).toEqual({ stored: [{ filename: "five.txt", size: 5 }] });
  },
};

describe.concurrent("an application", () => {
  test.for(applications)(
    "$template $title by $manager is installed, tested, started, asked and stopped",
    { timeout: 180_000 },
    async ({ title: _, ...made }, context) => {
      const project = await makeProject(creator, made);
      await assertTested(project, made.manager);
      for (const script of ["start", "dev"]) {
        const { origin, stop } = await start(project, script, context);
        await questions[made.template]?.(origin);
        expect(await stop()).toBe(0);
      }
    },
  );
});

describe.concurrent("a package", () => {
  test.for(packages)(
    "$template $title by $manager is installed, passes its tests and is built",
    { timeout: 180_000 },
    async ({ title: _, ...made }) => {
      const project = await makeProject(creator, made);
      await assertTested(project, made.manager);
      if (project.manifest.scripts["build"] === undefined) return;
      await runScript(project, made.manager, "build");
      for (const file of ["dist/index.js", "dist/index.d.ts"])
        expect(existsSync(join(project.path, file)), file).toBe(true);
    },
  );
});

describe.each(inject("runtimes"))("on $label", ({ node, skipped }) => {
  test("the command makes a project in the language that this Node.js runs, whose tests pass", async (context) => {
    if (node === undefined) return context.skip(skipped);
    const bin = join(creator.path, "node_modules/.bin/create-packetron");
    const folder = `on-${node.replace(/[^a-z0-9]+/g, "-")}`;
    const words = ["--template", "minimal", "--packages", "core"];
    const language = (await creator.run(node, bin, folder, ...words)).includes("in TypeScript") ? "ts" : "js";
    // The folder is below that of the creator, whose node_modules has core.
    const report = await creator.run(node, "--test", join(folder, `test/app.test.${language}`));
    expect(report).toMatch(/^# fail 0$|^ℹ fail 0$/m);
  });
});

/** Runs the tests of the project, and the compiler if it is in TypeScript. */
async function assertTested(project: Project, manager: Manager): Promise<void> {
  const report = await runScript(project, manager, "test");
  expect(report).toMatch(/^(?:#|ℹ) fail 0$/m);
  expect(Number(/^(?:#|ℹ) pass (\d+)$/m.exec(report)?.[1])).toBeGreaterThan(2);
  if (project.manifest.scripts["typecheck"] !== undefined) await runScript(project, manager, "typecheck");
}

/** Starts the program by a command in its package.json, `node …` or `packetron dev …`, on a free port. */
function start({ path, manifest }: Project, script: string, context: TestContext): Promise<Program> {
  const [program = "", ...args] = (manifest.scripts[script] ?? "").split(" ");
  const file = program === "node" ? process.execPath : join(path, "node_modules/.bin", program);
  const env = { PORT: "0", TMPDIR: path, TEMP: path, TMP: path };
  const { onTestFinished: whenDone } = context;
  return startProgram([file, ...args], { cwd: path, env, whenDone });
}
