/** Makes the links of a README work outside the repository. */
import { statSync } from "node:fs";
import { join, posix } from "node:path";
import { repository, root } from "./_packages.ts";

/** Code, which is left alone, or the target of a link or of a picture. */
const TARGETS = /`[^`\n]*`|(?<picture>!\[[^\]`\n]*)?\]\((?<target>[^)\s]+)\)/g;

/**
 * Replaces relative targets of links and pictures by addresses of the repository. Addresses and anchors of the same page
 * stay.
 *
 * @param folder The folder of the README, relative to the root of the repository.
 */
export function withAbsoluteLinks(readme: string, folder: string): string {
  let fenced = false;
  const lines = readme.split("\n").map((line) => {
    if (line.startsWith("```")) fenced = !fenced;
    return fenced
      ? line
      : line.replace(TARGETS, (found, picture?: string, target?: string) => {
          if (target === undefined || /^(?:[a-z]+:|#)/.test(target)) return found;
          return `${picture ?? ""}](${toAddress(target, folder, picture !== undefined)})`;
        });
  });
  return lines.join("\n");
}

function toAddress(target: string, folder: string, picture: boolean): string {
  const [file = "", ...anchor] = target.split(/(?=#)/);
  const path = posix.join(folder.replaceAll("\\", "/"), file);
  const kind = picture ? "raw" : statSync(join(root, path)).isDirectory() ? "tree" : "blob";
  return `${repository}/${kind}/HEAD/${path}${anchor.join("")}`;
}
