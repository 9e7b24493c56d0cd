/** Installs the folder of the contestants on first use, because its dependencies are a hundred megabytes. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The folder with the programs of the contestants. */
export const peersFolder: string = join(import.meta.dirname, "..", "peers");

/** Installs the lockfile of `peers/` if it has changed since the last installation. */
export function installPeers(): void {
  const installed = join(peersFolder, "node_modules", ".modules.yaml");
  const lockfile = join(peersFolder, "pnpm-lock.yaml");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  process.stderr.write("installing the contestants (about 140 MB, once)\n");
  const [program, ...prefix] = pnpm();
  execFileSync(program, [...prefix, "install", "--frozen-lockfile"], {
    cwd: peersFolder,
    stdio: ["ignore", 2, 2],
  });
}

/** The version of a package that is installed in `peers/`; `null` when it is not installed. */
export function peerVersion(name: string): string | null {
  try {
    const manifest: { version?: unknown } = JSON.parse(
      readFileSync(join(peersFolder, "node_modules", name, "package.json"), "utf8"),
    );
    return typeof manifest.version === "string" ? manifest.version : null;
  } catch {
    return null;
  }
}

/** The command of pnpm: the one that runs this program, else the one that npx finds. */
function pnpm(): [string, ...string[]] {
  const running = process.env.npm_execpath ?? "";
  return /pnpm(\.exe)?$/.test(running) ? [running] : ["npx", "-y", "pnpm@12"];
}
