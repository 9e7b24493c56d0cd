/** Builds the site of `docs/`, and checks what VitePress does not: anchors, and the index for language models. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../_packages.ts";

const run = promisify(execFile);
const site = join(root, "artifacts/site");
const BASE = "/packetron/";

// Takes up to a minute, so it is left out of the usual run. The workflow that publishes the site runs it as well.
describe.runIf(process.env.PACKETRON_TEST_FULL)("pnpm run docs:build", () => {
  beforeAll(() => run("npx", ["-y", "pnpm@12", "run", "docs:build"], { cwd: root }), 300_000);

  test("makes the front page, a page for each package, and API pages", () => {
    expect([...pages().keys()]).toEqual(
      expect.arrayContaining([
        "index.html",
        "contents.html",
        "guide/cluster.html",
        "packages/cors.html",
        "api/core/classes/Packetron.html",
      ]),
    );
  });

  test("has no link to a page or heading that does not exist", () => {
    const all = pages();
    const broken = [...all].flatMap(([page, html]) =>
      linksOf(html)
        .filter((link) => !exists(link, page, all))
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  test("writes llms.txt, whose links lead to pages of the site", () => {
    const all = pages();
    const text = readFileSync(join(site, "llms.txt"), "utf8");
    const links = [...text.matchAll(/\]\((https:[^)]+)\)/g)].map(([, link]) => new URL(link ?? "").pathname);
    expect(links.length).toBeGreaterThan(40);
    expect(links.filter((link) => !exists(link, "index.html", all))).toEqual([]);
  });
});

/** The built pages: the HTML by the path in the site. */
function pages(): Map<string, string> {
  const files = readdirSync(site, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".html"),
  );
  return new Map(files.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(site, file), "utf8")]));
}

/** The links of a page to this site. */
function linksOf(html: string): string[] {
  return [...html.matchAll(/<a [^>]*?href="((?:\/|#)[^"]*)"/g)].map(([, link = ""]) => link);
}

function exists(link: string, page: string, all: ReadonlyMap<string, string>): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? page : fileOf(path);
  const html = all.get(file);
  if (html === undefined) return false;
  return (
    anchor === undefined || anchor === "VPContent" || html.includes(`id="${decodeURIComponent(anchor)}"`)
  );
}

function fileOf(path: string): string {
  const file = path.slice(BASE.length);
  if (file === "" || file.endsWith("/")) return `${file}index.html`;
  return file.endsWith(".html") ? file : `${file}.html`;
}
