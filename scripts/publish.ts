/** Publishes packed packages. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { PackedPackage } from "./pack.ts";

/** What is needed of a packed package to publish it. */
export type Publishable = Pick<PackedPackage, "name" | "version" | "path">;

const run = promisify(execFile);

/**
 * Publishes the tarballs whose version the registry of npm does not have: core first, and the package with all of them
 * last, so that a program that is installed meanwhile gets all dependencies. A second call after a failure continues.
 *
 * GitHub Actions with `id-token: write` need no token: npm trusts the workflow, and signs where the tarball was made.
 *
 * @returns The packages that were published, in their order.
 */
export async function publishMissing(packages: readonly Publishable[]): Promise<Publishable[]> {
  const published: Publishable[] = [];
  for (const candidate of packages.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    if (await isPublished(candidate)) continue;
    await npm("publish", candidate.path, "--access", "public", ...provenance());
    published.push(candidate);
  }
  return published;
}

function rankOf({ name }: Publishable): number {
  return name === "@packetron/core" ? 0 : name === "packetron" ? 2 : 1;
}

async function isPublished({ name, version }: Publishable): Promise<boolean> {
  try {
    // npm prints nothing for a version that the registry lacks, and fails with E404 for a package that it lacks.
    return (await npm("view", `${name}@${version}`, "version")).trim() !== "";
  } catch (error) {
    if (error instanceof Error && error.message.includes("E404")) return false;
    throw error;
  }
}

function provenance(): string[] {
  return process.env.ACTIONS_ID_TOKEN_REQUEST_URL === undefined ? [] : ["--provenance"];
}

async function npm(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("npm", args, { shell: process.platform === "win32" });
  return stdout;
}
