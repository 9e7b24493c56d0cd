/** Runs a program with a package that is installed without the library that it needs. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { root } from "../docs/_markdown.ts";

/** What a program has printed, and its exit code. */
export interface Ended {
  readonly code: number | string | null | undefined;
  readonly out: string;
  readonly errors: string;
}

/**
 * Starts and stops a server that has one capability and one route.
 *
 * @param folder The folder of the package: `"multipart"`. Its sources are copied beside a link to core alone.
 * @param factory The function of the package that makes the capability.
 * @param flag The name of the flag of the route.
 */
export function runAlone(folder: string, factory: string, flag: string): Promise<Ended> {
  const cwd = mkdtempSync(join(realpathSync(tmpdir()), "packetron-alone-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  cpSync(join(root, "packages", folder, "src"), join(cwd, "src"), { recursive: true });
  mkdirSync(join(cwd, "node_modules/@packetron"), { recursive: true });
  const core = "node_modules/@packetron/core";
  symlinkSync(join(inject("bundles"), core), join(cwd, core), "junction");
  writeFileSync(join(cwd, "package.json"), '{ "type": "module" }');
  writeFileSync(join(cwd, "server.js"), programOf(factory, flag));
  // pnpm adds the folder of all libraries to this variable.
  const env = { ...process.env, NODE_PATH: undefined };
  return new Promise((resolve) => {
    execFile(process.execPath, ["server.js"], { cwd, env }, (error, out, errors) =>
      resolve({ code: error === null ? 0 : error.code, out, errors }),
    );
  });
}

function programOf(factory: string, flag: string): string {
  return `
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "@packetron/core";
import { ${factory} } from "./src/index.ts";

const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, capabilities: [${factory}()] });
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "a",
  flags: PacketronHandlerFlags.${flag},
  handler: (request, response) => response.send("a"),
});
await server.start();
console.log("started");
await server.stop();
`;
}
