/** Finds the Node versions on which the packages are tested. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** A Node version for running programs, or the reason why it is skipped. */
export type Runtime =
  | { readonly label: string; readonly node: string; readonly skipped?: undefined }
  | { readonly label: string; readonly node?: undefined; readonly skipped: string };

const run = promisify(execFile);

/** The versions of the full run. Each is installed as an npm package that contains the binary. */
const MATRIX = [20, 22, 24, 26];

/** The Node of the machine and the one for development; the whole matrix with `PACKETRON_TEST_FULL`. */
export async function findRuntimes(): Promise<Runtime[]> {
  if (process.env.PACKETRON_TEST_FULL === undefined) {
    return [await machineRuntime(), { label: `Node ${process.versions.node}`, node: process.execPath }];
  }
  return Promise.all(MATRIX.map(downloadedRuntime));
}

/** The `node` of the machine: the first one on PATH outside node_modules. */
async function machineRuntime(): Promise<Runtime> {
  const label = "the machine's Node";
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  try {
    const { stdout } = await run("node", ["--print", "process.versions.node + ' ' + process.execPath"], {
      env: { ...process.env, PATH: path.join(delimiter) },
    });
    const [version = "", node = ""] = stdout.trim().split(" ");
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < 20 || (major === 20 && minor < 19))
      return { label, skipped: `it is Node ${version}, older than 20.19` };
    return { label: `${label} (${version})`, node };
  } catch {
    return { label, skipped: "there is no node on the PATH outside node_modules" };
  }
}

/** A Node version of the registry, by its major number. */
export async function downloadedRuntime(major: number): Promise<Runtime> {
  const label = `Node ${major}`;
  const binary = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  // Kept between runs, because each version is a download of some 50 MB.
  const folder = join(tmpdir(), "packetron-runtimes", String(major));
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), "{}");
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", `${binary}@${major}`], {
      cwd: folder,
    });
    const node = join(
      folder,
      "node_modules",
      binary,
      "bin",
      process.platform === "win32" ? "node.exe" : "node",
    );
    await run(node, ["--version"]);
    return { label, node };
  } catch (error) {
    return { label, skipped: `${binary}@${major} could not be installed: ${String(error).slice(0, 200)}` };
  }
}
