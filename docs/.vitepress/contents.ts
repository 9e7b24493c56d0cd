/** Reads the index of the documentation, `docs/README.md`: the side bar and `llms.txt` are made of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { publicPackages, root } from "../../scripts/_packages.ts";
import { pageOf } from "./pages.ts";

/** A page in the index. */
export interface Entry {
  readonly title: string;
  /** The path of the page on the site: `"guide/map.md"`. */
  readonly page: string;
  readonly about: string;
}

/** The pages under a heading of the index. */
export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** The sections of `docs/README.md`, and after them the packages and their API pages. */
export function readContents(): Section[] {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  const sections = index
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: (/^[^\n:]+/.exec(section) ?? [""])[0],
      entries: [...section.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\) \| (.+) \|$/gm)].map(
        ([, title = "", file = "", about = ""]) => ({
          title,
          page: pageOf(`docs/${file}`),
          about: plain(about),
        }),
      ),
    }))
    .filter(({ entries }) => entries.length > 0);
  return [...sections, { title: "Packages", entries: packagePages() }, { title: "API", entries: apiPages() }];
}

function packagePages(): Entry[] {
  return publicPackages().map(({ folder, manifest }) => ({
    title: manifest.name,
    page: `packages/${folder}.md`,
    about: String(manifest.description),
  }));
}

function apiPages(): Entry[] {
  return apiEntries().map(({ name, page }) => ({
    title: name,
    page: `api/${page}/index.md`,
    about: `every export of ${name}, with its types`,
  }));
}

/** The entry points of the packages: the name for `import`, the name of the page, and the source. */
export function apiEntries(): { name: string; page: string; source: string }[] {
  return publicPackages().flatMap(({ folder, path, manifest }) =>
    Object.entries<string>(Object(manifest.exports))
      .filter(([, source]) => source.endsWith(".ts"))
      .map(([entry, source]) => ({
        name: join(manifest.name, entry),
        page: join(folder, entry).replaceAll("/", "-"),
        source: join(path, source),
      })),
  );
}

/** A text without the links of Markdown. */
function plain(text: string): string {
  return text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
}
