import { defineConfig } from "vitepress";
import { repository } from "../../scripts/_packages.ts";
import { readContents } from "./contents.ts";
import { writeLlms } from "./llms.ts";
import { markdown } from "./markdown.ts";
import { notPages, pageOf } from "./pages.ts";

const description =
  "A multi-process HTTP framework for Node.js: a supervisor, a router and flags, in scoped micro-packages.";
const site = "https://packetron.github.io/packetron/";
const icon =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='%230b7285'/><path d='M9 25V7h8a6 6 0 0 1 0 12H9' fill='none' stroke='white' stroke-width='4'/></svg>";

const contents = readContents();

export default defineConfig({
  title: "Packetron",
  description,
  lang: "en",
  base: new URL(site).pathname,
  srcDir: "..",
  srcExclude: [...notPages],
  outDir: "../artifacts/site",
  cacheDir: "../node_modules/.cache/vitepress",
  rewrites: pageOf,
  markdown,
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${icon}` }]],
  sitemap: { hostname: site },
  transformPageData({ relativePath, frontmatter }) {
    // Kept out of the file, because GitHub shows front matter as a table.
    if (relativePath === "index.md")
      Object.assign(frontmatter, { sidebar: false, aside: false, pageClass: "front" });
  },
  vite: {
    // Pages outside this folder do not find Vue. Node finds it, because it runs the built pages in this folder.
    plugins: [
      {
        name: "packetron:vue",
        enforce: "pre",
        resolveId: (id, _importer, { ssr }) =>
          ssr === true && /^vue(?:$|\/)/.test(id) ? { id, external: true } : null,
      },
    ],
  },
  buildEnd: ({ outDir }) => writeLlms(outDir, site, description),
  themeConfig: {
    search: {
      provider: "local",
      // A word is explained in the guide and the reference. API pages have it many times.
      options: {
        miniSearch: { searchOptions: { boostDocument: (id: string) => (id.includes("/api/") ? 0.2 : 1) } },
      },
    },
    outline: [2, 3],
    socialLinks: [{ icon: "github", link: repository }],
    externalLinkIcon: true,
    nav: [
      { text: "Guide", link: "/guide/getting-started", activeMatch: "^/guide/" },
      { text: "Migration", link: "/migration/express", activeMatch: "^/migration/" },
      { text: "Recipes", link: "/recipes/uploads", activeMatch: "^/recipes/" },
      { text: "Reference", link: "/reference/options", activeMatch: "^/reference/" },
      { text: "Packages", link: "/packages/packetron", activeMatch: "^/packages/" },
      { text: "API", link: "/api/packetron/", activeMatch: "^/api/" },
      { text: "Benchmarks", link: "/benchmarks/", activeMatch: "^/benchmarks/" },
    ],
    sidebar: contents.map(({ title, entries }) => ({
      text: title,
      collapsed: title === "API" || title === "Packages",
      items: entries.map((entry) => ({
        text: entry.title,
        link: `/${entry.page.replace(/(?:index)?\.md$/, "")}`,
      })),
    })),
  },
});
