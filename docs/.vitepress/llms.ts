/** Writes `llms.txt`, the index of the site for language models: https://llmstxt.org. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readContents } from "./contents.ts";

/** Writes the file into the folder of the built site. Links are absolute, because the file is read alone. */
export function writeLlms(folder: string, site: string, description: string): void {
  const sections = readContents().map(({ title, entries }) => {
    const lines = entries.map((entry) => `- [${entry.title}](${site}${pathOf(entry.page)}): ${entry.about}`);
    return `## ${title}\n\n${lines.join("\n")}\n`;
  });
  writeFileSync(join(folder, "llms.txt"), `# Packetron\n\n> ${description}\n\n${sections.join("\n")}`);
}

function pathOf(page: string): string {
  return page.replace(/(?:index)?\.md$/, "").replace(/(?<=[^/])$/, ".html");
}
