import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../../..");
const FULL = process.env["PACKETRON_TEST_FULL"] !== undefined;
/** The routes of the largest program. */
const ROUTES = FULL ? 1_000 : 50;
/** What a route may cost, the types of zod and a handler that uses them among it: 1,410 when this was written. */
const INSTANTIATIONS = 2_000;

const folder = mkdtempSync(join(realpathSync(tmpdir()), "packetron-types-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`the cost of ${ROUTES} routes with schemas grows by the same for each route`, {
  timeout: 60_000,
}, async () => {
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(join(root, "packages/packetron"), join(folder, "node_modules/packetron"));
  for (const name of ["zod", "@types/node"])
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  const one = await countInstantiations(1);
  const all = await countInstantiations(ROUTES);
  const each = (all - one) / (ROUTES - 1);
  expect(each).toBeGreaterThan(50);
  expect(each).toBeLessThan(INSTANTIATIONS);
  if (!FULL) return;
  const half = await countInstantiations(ROUTES / 2);
  expect((half - one) / (ROUTES / 2 - 1) / each).toBeCloseTo(1, 1);
});

/** The instantiations of types that the compiler makes for a program with so many routes. */
async function countInstantiations(routes: number): Promise<number> {
  writeFileSync(
    join(folder, "program.ts"),
    [HEAD, ...Array.from({ length: routes }, (_, id) => routeOf(id))].join("\n"),
  );
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: {
        noEmit: true,
        composite: false,
        declaration: false,
        emitDeclarationOnly: false,
        isolatedDeclarations: false,
        allowImportingTsExtensions: true,
        rewriteRelativeImportExtensions: false,
      },
      files: ["program.ts"],
    }),
  );
  const { stdout } = await run(join(root, "node_modules/.bin/tsc"), [
    "-p",
    folder,
    "--extendedDiagnostics",
    "--singleThreaded",
  ]);
  const [, count] = /^Instantiations:\s+(\d+)/m.exec(stdout) ?? [];
  if (count === undefined) throw new Error(`no instantiations in:\n${stdout}`);
  return Number(count);
}

const HEAD = `
import { Packetron, PacketronRequestMethod } from "packetron";
import { z } from "zod";
const server = new Packetron();
const { POST } = PacketronRequestMethod;`;

function routeOf(id: number): string {
  return `server.handle({
  method: POST,
  routePath: "shops/:shop/a${id}/:id",
  schema: {
    params: z.object({ shop: z.coerce.number(), id: z.string() }),
    query: z.object({ page: z.coerce.number().default(1), q${id}: z.string().optional() }),
    body: z.object({ items: z.array(z.object({ price: z.number(), name${id}: z.string() })), email: z.email() }),
  },
  handler: ({ valid, params }, response) =>
    response.sendJson({
      total: valid.body.items.reduce((sum, { price }) => sum + price, 0),
      page: valid.query.page.toFixed(),
      id: valid.params.id,
      shop: params.shop,
    }),
});`;
}
