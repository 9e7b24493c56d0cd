/** Reads the packages of this repository from their manifests. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The fields of a package.json that the scripts read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  /**
   * Of packages with a capability: the name of the function that makes it; and `beside: true` when it is not in the package
   * `packetron`, but installed beside it.
   */
  readonly packetron?: { readonly factory: string; readonly beside?: boolean };
  readonly [field: string]: unknown;
}

/** A package in a folder of `packages/`. */
export interface Package {
  /** The name of the folder: `"body-json"`. */
  readonly folder: string;
  /** The absolute path of the folder. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** The absolute path of the repository. */
export const root: string = join(import.meta.dirname, "..");

/** The address of the repository, without a slash at its end. */
export const repository = "https://github.com/packetron/packetron";

/** Every published package, sorted by folder. */
export function publicPackages(): Package[] {
  return readdirSync(join(root, "packages"), { withFileTypes: true })
    .filter((entry) => existsSync(join(root, "packages", entry.name, "package.json")))
    .map((entry) => readPackage(entry.name))
    .filter((candidate) => candidate.manifest.private !== true)
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

function readPackage(folder: string): Package {
  const path = join(root, "packages", folder);
  const manifest: Manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  return { folder, path, manifest };
}
