import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** How many types the compiler instantiates for a program of so many routes, each with two parameters of its own. */
function countInstantiations(routes: number): number {
  const folder = mkdtempSync(join(tmpdir(), "packetron-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const lines = Array.from(
    { length: routes },
    (_, index) =>
      `server.handle({ routePath: "area${index}/:id${index}/*", handler: (request, response) => ` +
      `response.sendJson([request.params.id${index}, request.params["*"]]) });`,
  );
  const program = [
    `import { Packetron } from ${JSON.stringify(join(root, "packages/core/src/index.ts"))};`,
    "const server = new Packetron({ port: 0 });",
    ...lines,
  ];
  writeFileSync(join(folder, "program.mts"), program.join("\n"));
  const settings = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
    include: [],
    files: ["program.mts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const run = spawnSync(process.execPath, [compiler, "-p", folder, "--extendedDiagnostics"], {
    encoding: "utf8",
  });
  expect(run.stdout).not.toMatch(/error TS/);
  const [, count] = /^Instantiations:\s+(\d+)$/m.exec(run.stdout) ?? [];
  return Number(count);
}

test("a route costs the compiler the same, whether it is the first or the thousandth", () => {
  const [none, some, many] = [countInstantiations(0), countInstantiations(100), countInstantiations(1000)];
  const [early, late] = [(some - none) / 100, (many - some) / 900];
  expect(late).toBeLessThanOrEqual(early);
  expect(late).toBeLessThan(100);
});
