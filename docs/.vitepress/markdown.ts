/** What the site changes in the Markdown that GitHub shows as it is. */
import { relative } from "node:path";
import type { MarkdownOptions } from "vitepress";
import { root } from "../../scripts/_packages.ts";
import { anchorOf, targetOf } from "./pages.ts";

type Markdown = Parameters<NonNullable<MarkdownOptions["config"]>>[0];

/** The options of VitePress for Markdown. Syntax that GitHub does not have is off. */
export const markdown: MarkdownOptions = {
  theme: { light: "github-light-high-contrast", dark: "github-dark" },
  anchor: { slugify: anchorOf },
  attrs: false,
  emoji: false,
  snippet: false,
  toc: { includeLevel: [2] },
  config(md) {
    addTabs(md);
    moveLinks(md);
  },
};

/** The fenced blocks between these comments are tabs. On GitHub, where the comments are hidden, the blocks follow each other. */
function addTabs(md: Markdown): void {
  md.core.ruler.after("normalize", "packetron_tabs", (state) => {
    state.src = state.src
      .replaceAll("<!-- tabs -->", "::: code-group")
      .replaceAll("<!-- end of tabs -->", ":::");
  });
}

/** Links between files of the repository lead to pages of the site, or to GitHub. */
function moveLinks(md: Markdown): void {
  md.core.ruler.push("packetron_links", (state) => {
    const file = relative(root, state.env.realPath ?? state.env.path);
    for (const token of state.tokens.flatMap(({ children }) => children ?? [])) {
      const link = token.type === "link_open" ? token.attrGet("href") : null;
      if (link !== null && token.attrGet("class") !== "header-anchor")
        token.attrSet("href", targetOf(link, file));
    }
  });
}
