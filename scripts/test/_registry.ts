/** Starts verdaccio, a registry like that of npm, which has only what a test publishes to it. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ProgramOptions, startProgram } from "./_program.ts";

const run = promisify(execFile);

const MANIFEST = {
  private: true,
  dependencies: { verdaccio: "6" },
  // verdaccio wants the tag `cjs` of node-fetch, and mirrors of npm may have no tag but `latest`.
  overrides: { "node-fetch": "^2.7.0" },
};

/** The program: verdaccio's own command prints no port that the system chose. */
const PROGRAM = `
const { runServer } = require("verdaccio");
runServer(process.argv[1]).then((server) => {
  server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));
});`;

/**
 * Starts a registry whose packages are in a folder. It asks the registry of this machine for other packages, but never for
 * those of this repository.
 *
 * @returns The origin of the registry.
 */
export async function startRegistry(
  folder: string,
  whenDone: NonNullable<ProgramOptions["whenDone"]>,
): Promise<string> {
  const cwd = await installVerdaccio();
  const { stdout } = await run("npm", ["config", "get", "registry"], { cwd });
  const own = { access: "$all", publish: "$all" };
  const config = {
    storage: join(folder, "storage"),
    uplinks: { npm: { url: stdout.trim() } },
    packages: {
      packetron: own,
      "create-packetron": own,
      "@packetron/*": own,
      "**": { access: "$all", proxy: "npm" },
    },
    log: { type: "stdout", format: "pretty", level: "error" },
  };
  // JSON is YAML.
  const file = join(folder, "verdaccio.yaml");
  await writeFile(file, JSON.stringify(config));
  const { origin } = await startProgram([process.execPath, "--eval", PROGRAM, file], { cwd, whenDone });
  return origin;
}

/** Installs verdaccio outside the repository, which has no use for its 300 packages elsewhere. Kept between runs. */
async function installVerdaccio(): Promise<string> {
  const folder = join(tmpdir(), "packetron-verdaccio");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify(MANIFEST));
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
  await run("npm", ["install", ...flags], { cwd: folder });
  return folder;
}
