import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, inject, test } from "vitest";

const run = promisify(execFile);
const packages = join(inject("bundles"), "node_modules/@packetron");
const folder = mkdtempSync(join(realpathSync(tmpdir()), "packetron-openapi-"));
mkdirSync(join(folder, "node_modules/@packetron"), { recursive: true });
for (const name of ["core", "openapi"])
  symlinkSync(join(packages, name), join(folder, "node_modules/@packetron", name));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `packetron openapi`; resolves to its output and exit code. */
async function openapi(program: string, ...words: readonly string[]) {
  writeFileSync(join(folder, "program.mjs"), program);
  const args = [join(packages, "cli/dist/bin.js"), "openapi", "program.mjs", ...words];
  try {
    return { code: 0, ...(await run(process.execPath, args, { cwd: folder, timeout: 30_000 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

const program = (flags: string, end: string): string => `
  import { Packetron, PacketronServerFlags } from "@packetron/core";
  import { openapi } from "@packetron/openapi";
  console.log("the program's own line");
  const server = new Packetron({
    ${flags}
    maxThreads: 2,
    capabilities: [openapi()],
    openapi: { info: { title: "Orders", version: "1.0.0" } },
  });
  server.handle({ routePath: "orders/:id", docs: { summary: "One order" }, handler: () => {} });
  server.onReady(() => console.log("a worker runs"));
  ${end}
`;

test.each([
  ["start()", program("", "await server.start();")],
  ["START_IMMEDIATELY", program("flags: PacketronServerFlags.START_IMMEDIATELY,", "")],
])(
  "the document of a program with %s is printed, and nothing else",
  { timeout: 60_000 },
  async (_title, source) => {
    const { code, stdout, stderr } = await openapi(source);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      openapi: "3.1.1",
      paths: { "/orders/{id}": { get: { summary: "One order" } } },
    });
    expect(stderr).toBe("the program's own line\n");
  },
);

test("the document is written to a file, and a program without one is a failure", {
  timeout: 60_000,
}, async () => {
  const written = await openapi(program("", "await server.start();"), "--out", "api.json");
  expect(written).toMatchObject({ code: 0, stdout: "" });
  expect(JSON.parse(readFileSync(join(folder, "api.json"), "utf8"))).toHaveProperty("info.title", "Orders");
  const none = await openapi("console.log(5);");
  expect(none.code).toBe(1);
  expect(none.stderr).toContain("no server with the option openapi has started");
});
