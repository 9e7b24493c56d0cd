/**
 * `pnpm run release`: packs every public package into `artifacts/`, publishes the versions that the registry lacks, and
 * tags the commit, unless the version has a tag. RELEASING.md says what comes before.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { publicPackages, root } from "./_packages.ts";
import { packAll } from "./pack.ts";
import { publishMissing } from "./publish.ts";

const published = await publishMissing(await packAll(join(root, "artifacts")));
for (const { name, version } of published) console.log(`published ${name}@${version}`);
if (published.length === 0) console.log("The registry has every version.");
// A run that failed after publishing is repeated: then only the tag is missing.
const tag = `v${publicPackages()[0]?.manifest.version}`;
if (git("tag", "--list", tag) === "") git("tag", tag);

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: root }).toString();
}
