/** Turns a program that uses the package `packetron` into one that registers chosen packages. */
import type { CapabilityEntry } from "./catalog.ts";

const IMPORT = /^(import .* from) "packetron";$/m;
const OPTIONS = /^( *)(const server = new Packetron\(\{\n)/m;

/** The longest line of the list of capabilities. */
const LINE_WIDTH = 100;

/** Returns the text of a program file that imports core, and in whose constructor the capabilities stand. */
export function withChosenPackages(text: string, chosen: readonly CapabilityEntry[]): string {
  const core = text.replace(IMPORT, '$1 "@packetron/core";');
  if (chosen.length === 0 || !OPTIONS.test(core)) return core;
  const imports = chosen.map(
    ({ name, factory }) => `import { ${factory} } from ${JSON.stringify(`@packetron/${name}`)};`,
  );
  return core
    .replace(/^import .*"@packetron\/core";$/m, (line) => sortImports([...imports, line]).join("\n"))
    .replace(OPTIONS, (_, indent: string, head: string) => indent + head + formatList(chosen, `${indent}  `));
}

function sortImports(lines: readonly string[]): string[] {
  const specifier = (line: string): string => /"(.*)"/.exec(line)?.[1] ?? "";
  return lines.toSorted((one, other) => (specifier(one) < specifier(other) ? -1 : 1));
}

function formatList(chosen: readonly CapabilityEntry[], indent: string): string {
  const calls = chosen.map(({ factory }) => `${factory}()`);
  const line = `${indent}capabilities: [${calls.join(", ")}],\n`;
  if (line.length <= LINE_WIDTH) return line;
  return `${indent}capabilities: [\n${calls.map((call) => `${indent}  ${call},\n`).join("")}${indent}],\n`;
}
