import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, test } from "vitest";
import { writePacketronModules } from "../../../packetron/test/process/_pairs.ts";
import { createCertificate } from "../_certificate.ts";
import { markdownFiles, root } from "../docs/_markdown.ts";
import {
  createProgramFolder,
  hasOwnTest,
  isServer,
  runDialogue,
  startServer,
  writePrograms,
} from "./_programs.ts";

const run = promisify(execFile);
const folder = createProgramFolder();
// The pairs of the other pages about migration are run by packages/packetron/test/process/migration.test.ts.
const pages = markdownFiles().filter(
  (page) =>
    page === "README.md" ||
    page === "CONTRIBUTING.md" ||
    page === join("docs", "migration", "original.md") ||
    (/^(docs|packages)\//.test(page) && !page.startsWith(join("docs", "migration"))),
);
const programs = pages.flatMap((page) => writePrograms(page, folder));

// The files that the program about HTTPS reads.
const { key, cert } = createCertificate();
writeFileSync(join(folder, "key.pem"), key);
writeFileSync(join(folder, "cert.pem"), cert);

// The compiler takes the exports of a module without types for `any`.
const untyped = join(folder, "untyped.d.ts");
writeFileSync(untyped, 'declare module "express-session";');

// The files that the programs about static files serve.
mkdirSync(join(folder, "public"));
writeFileSync(join(folder, "public", "hello.txt"), "hello\n");
mkdirSync(join(folder, "dist"));
writeFileSync(join(folder, "dist", "index.html"), "<h1>Users</h1>\n");
writeFileSync(join(folder, "robots.txt"), "User-agent: *\n");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the programs in the README files and docs/", () => {
  test.concurrent("fit the types of the packages", { timeout: 60_000 }, async ({ expect }) => {
    const checked = [...programs.map(({ path }) => path), ...writePacketronModules(folder)];
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(createConfig(checked)));
    await expect(typeCheck()).resolves.toBe("");
  });

  test.concurrent.for(programs.filter((program) => isServer(program) && !hasOwnTest(program)))(
    "$title starts, prints the output that the page shows, and exits with code 0 on SIGTERM",
    async (program, { expect, onTestFinished }) => {
      const server = await startServer(program, folder, { whenDone: onTestFinished });
      try {
        for await (const { command, output, printed } of runDialogue(program, server.port, folder))
          expect({ command, printed }).toEqual({ command, printed: expect.arrayContaining([...output]) });
      } finally {
        expect(await server.stop(), server.output()).toBe(0);
      }
    },
  );

  test.concurrent.for(programs.filter((program) => program.code.includes("node:test")))(
    "$title passes as a test of node:test",
    async ({ path }, { expect }) => {
      await expect(run(process.execPath, ["--test", path], { cwd: folder })).resolves.toHaveProperty(
        "stdout",
      );
    },
  );
});

function createConfig(files: readonly string[]): object {
  return {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      noEmit: true,
      isolatedDeclarations: false,
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: false,
      allowJs: true,
      checkJs: true,
      noImplicitAny: true,
    },
    files: [untyped, ...files],
  };
}

/** The output of the compiler; empty without errors. */
async function typeCheck(): Promise<string> {
  try {
    const { stdout } = await run(join(root, "node_modules/.bin/tsc"), ["-p", folder], { cwd: folder });
    return stdout;
  } catch (error) {
    return error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
  }
}
