/** Which Markdown files are pages of the site, and where a link between files leads on the site. */
import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { repository, root } from "../../scripts/_packages.ts";

/** The files of the repository that are not pages, as patterns for VitePress. The site has links to some of them on GitHub. */
export const notPages: readonly string[] = [
  "*.md",
  "benchmarks/**",
  "examples/**",
  "scripts/**",
  "packages/*/!(README.md)",
  "packages/*/*/**",
  "artifacts/!(api)/**",
];

/** The path of a page on the site, by its path in the repository: `"docs/guide/map.md"` is `"guide/map.md"`. */
export function pageOf(file: string): string {
  return file
    .replace("docs/README.md", "docs/contents.md")
    .replace(/^packages\/([^/]+)\/README\.md$/, "packages/$1.md")
    .replace(/README\.md$/, "index.md")
    .replace(/^docs\//, "")
    .replace(/^artifacts\//, "");
}

/**
 * The target of a link of a file on the site: another page, or the file on GitHub. Links to other sites stay the same.
 * Throws an `Error` when the target does not exist.
 */
export function targetOf(link: string, file: string): string {
  if (/^(?:[a-z]+:|#|\/)/.test(link)) return link;
  const [path = "", anchor] = link.split("#");
  const target = withReadme(posix.join(posix.dirname(file), path));
  const hash = anchor === undefined ? "" : `#${anchor}`;
  if (!existsSync(join(root, target))) throw new Error(`${file}: the link ${link} has no target`);
  if (target === ".") return `/${hash}`;
  if (isPage(target)) return `/${pageOf(target)}${hash}`;
  const kind = isFolder(target) ? "tree" : "blob";
  return `${repository}/${kind}/HEAD/${target}${hash}`;
}

/** The anchor that GitHub gives a heading, so that a link works on both. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

function isPage(file: string): boolean {
  return /^(?:docs|artifacts\/api)\/.*\.md$|^packages\/[^/]+\/README\.md$/.test(file);
}

/** A folder of a package stands for its README. */
function withReadme(path: string): string {
  const folder = path.replace(/\/$/, "");
  return /^packages\/[^/]+$/.test(folder) && existsSync(join(root, folder, "README.md"))
    ? `${folder}/README.md`
    : folder;
}

function isFolder(path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
