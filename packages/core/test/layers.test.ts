import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { describe, expect, test } from "vitest";

/** The folders from the lowest to the highest. Each may import only from those before it. "." is index.ts. */
const order = [
  ...["errors", "node", "log", "config", "http", "body", "message", "capability", "shared"],
  ...["cluster/process", "cluster/ipc", "cluster/ports", "cluster/primary", "cluster/worker", "cluster"],
  ...["direct", "routing", "connection", "dispatch", "control", "inject", "server", "testing", "."],
];

/** Files with types that refer to each other, because handlers and capabilities use them. Lower folders may import them. */
const publicTypes = [
  ...["capability/body-parser.ts", "capability/contract.ts", "message/request.ts", "message/response.ts"],
  ...["routing/route.ts", "routing/route-options.ts", "server/packetron.ts", "cluster/process/status.ts"],
];

/** Each `import … from`, `export … from`, `import "…"` and `import("…")` of a file of the package. */
const IMPORT = /^(?:import|export) (type )?[^;"]*?from "([.#][^"]+)"|import ?\(?"([.#][^"]+)"/gm;

/** The imports from higher folders: of values, which Node loads, or of types, which it does not. */
function upwardImports(sources: ReadonlyMap<string, string>, kind: "value" | "type"): string[] {
  return [...sources].flatMap(([file, text]) =>
    [...text.matchAll(IMPORT)]
      .filter(([, type]) => (type === undefined) === (kind === "value"))
      .map(([, , path, bare = ""]) => posix.join(posix.dirname(file), path ?? bare))
      .filter((target) => levelOf(target) > levelOf(file))
      .map((target) => `${file} -> ${target}`),
  );
}

/** The level of a file. A folder that is not listed is above all others, so no folder may import from it. */
function levelOf(file: string): number {
  const level = order.indexOf(posix.dirname(file));
  return level === -1 ? order.length : level;
}

const src = join(import.meta.dirname, "..", "src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const sources = new Map(
  files.map((file) => [file.split(sep).join("/"), readFileSync(join(src, file), "utf8")]),
);

describe("the folders of core are layers", () => {
  test("each folder is in the list", () => {
    const folders = new Set([...sources.keys()].map((file) => posix.dirname(file)));
    expect([...folders].toSorted()).toEqual(order.toSorted());
  });

  test("values are imported from lower folders only", () => {
    expect(upwardImports(sources, "value")).toEqual([]);
  });

  test("types are imported from lower folders, or are those of the public classes and the contracts", () => {
    const isPublic = (line: string): boolean => publicTypes.some((file) => line.endsWith(` -> ${file}`));
    expect(upwardImports(sources, "type").filter((line) => !isPublic(line))).toEqual([]);
  });

  test("every form of import is found", () => {
    const forms = [
      'import { a } from "../server/a.ts";',
      'import {\n  type A,\n  b,\n} from "../server/b.ts";',
      'import "../server/c.ts";',
      'export * from "../server/d.ts";',
      'const e = await import("../server/e.ts");',
      'import { f } from "#server/f.ts";',
      'import type { G } from "../server/g.ts";',
      'export type { H } from "../server/h.ts";',
      'import { down } from "../errors/errors.ts";\nimport { same } from "./same.ts";\nimport fs from "node:fs";',
    ];
    const made = new Map([["http/made-up.ts", forms.join("\n")]]);
    const values = upwardImports(made, "value").map((line) => line.split(" -> ")[1]);
    expect(values).toEqual([..."abcde"].map((name) => `server/${name}.ts`).concat("http/#server/f.ts"));
    const types = upwardImports(made, "type").map((line) => line.split(" -> ")[1]);
    expect(types).toEqual(["server/g.ts", "server/h.ts"]);
  });
});
