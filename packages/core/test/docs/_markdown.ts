/** Parses the repository's Markdown for tests: tables, code blocks, headings and links. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The absolute path of the repository. */
export const root: string = join(import.meta.dirname, "../../../..");

const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "artifacts", "coverage"]);

/** A fenced block. */
export interface CodeBlock {
  /** The first word after the fence: `"ts"`. */
  readonly language: string;
  /** The name of a tab: `"one package"` of "```js [one package]", or the empty string. */
  readonly label: string;
  readonly code: string;
  /** The number of its first line in the page. */
  readonly line: number;
}

/** Every Markdown file of the repository, as a path relative to its root. */
export function markdownFiles(folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return SKIPPED_FOLDERS.has(entry.name) || entry.name.startsWith(".") ? [] : markdownFiles(path);
    }
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** The text of a file, by its path relative to the root of the repository. */
export function readPage(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The part of a page under a heading, up to the next heading of the same or a higher level. */
export function sectionOf(page: string, heading: string): string {
  const lines = proseLines(page);
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading);
  if (start === -1) throw new Error(`there is no heading "${heading}"`);
  const level = lines[start]?.indexOf(" ") ?? 0;
  const rest = lines.slice(start + 1);
  const length = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(" ") <= level);
  return rest.slice(0, length === -1 ? undefined : length).join("\n");
}

/** The rows of all tables in a text: cells by the lower-cased name of their column. */
export function tableRows(text: string): Record<string, string>[] {
  const rows: Record<string, string>[] = [];
  let columns: string[] | null = null;
  for (const line of text.split("\n")) {
    if (!line.startsWith("|")) {
      columns = null;
      continue;
    }
    const cells = line
      .slice(1, line.lastIndexOf("|"))
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    if (columns === null) columns = cells.map((cell) => cell.toLowerCase());
    else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) rows.push(toRecord(columns, cells));
  }
  return rows;
}

/** The first `code` in a table cell without its backticks, or the empty string. */
export function codeIn(cell: string | undefined): string {
  return /`([^`]+)`/.exec(cell ?? "")?.[1]?.replaceAll("\\|", "|") ?? "";
}

/** The fenced blocks of a page. */
export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { language: string; label: string; lines: string[]; line: number } | null = null;
  for (const [index, line] of page.split("\n").entries()) {
    const fence = /^```(\w*)(?: \[([^\]]*)\])?/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === null) {
      open = { language: fence[1] ?? "", label: fence[2] ?? "", lines: [], line: index + 2 };
    } else {
      const { lines, ...rest } = open;
      blocks.push({ ...rest, code: lines.join("\n") });
      open = null;
    }
  }
  return blocks;
}

/** The targets of a page's links and pictures, without those in code. */
export function linksOf(page: string): string[] {
  const text = proseLines(page)
    .join("\n")
    .replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(\s*<?([^)>\s]+)>?(?:\s+"[^"]*")?\s*\)/g)].map((match) => match[1] ?? "");
}

/** The anchors that GitHub makes for the headings of a page. */
export function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const line of proseLines(page)) {
    if (!/^#+ /.test(line)) continue;
    const slug = slugOf(line.replace(/^#+ /, ""));
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy++) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The lines of a page. Those of fenced blocks are emptied, so that a `#` comment does not count as a heading. */
function proseLines(page: string): string[] {
  let fenced = false;
  return page.split("\n").map((line) => {
    if (!line.startsWith("```")) return fenced ? "" : line;
    fenced = !fenced;
    return "";
  });
}

function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

function toRecord(columns: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ""]));
}
