import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** The number of type instantiations of the compiler for a program with a number of routes, each with two parameters. */
async function countInstantiations(routes: number, place: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "packetron-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const lines = Array.from(
    { length: routes },
    (_, index) =>
      `${place}.handle({ routePath: "area${index}/:id${index}/*", handler: (request, response) => ` +
      `response.sendJson([request.params.id${index}, request.params["*"]]) });`,
  );
  const program = [
    `import { Packetron } from ${JSON.stringify(join(root, "packages/core/src/index.ts"))};`,
    "const server = new Packetron({ port: 0 });",
    'const inner = server.group({ prefix: "v1/shops/:shop" }).group({ prefix: "in/:place", flags: 0 });',
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
  const { stdout } = await run(process.execPath, [
    compiler,
    "-p",
    folder,
    "--extendedDiagnostics",
    "--singleThreaded",
  ]);
  const [, count] = /^Instantiations:\s+(\d+)$/m.exec(stdout) ?? [];
  return Number(count);
}

const full = process.env["PACKETRON_TEST_FULL"] !== undefined;

test.each([
  ...(full ? [["server", 100] as const] : []),
  ["inner", 150] as const, // the path with its prefixes has five segments more
])(
  "the cost of a route for the compiler does not grow with the number of routes: %s.handle()",
  {
    timeout: 120_000,
  },
  async (place, budget) => {
    const none = await countInstantiations(0, place);
    const some = await countInstantiations(100, place);
    const many = await countInstantiations(1000, place);
    const [early, late] = [(some - none) / 100, (many - some) / 900];
    expect(late).toBeLessThanOrEqual(early);
    expect(late).toBeLessThan(budget);
  },
);
