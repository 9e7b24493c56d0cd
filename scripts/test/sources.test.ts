/** Tests that files contain no forbidden text, and that imports have the right direction. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { publicPackages, root } from "../_packages.ts";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root })
  .toString()
  .trim()
  .split("\n")
  .filter((file) => existsSync(join(root, file)));

/** Paths in home directories or next to the checkout: `/home/user/…`. Routes such as `/home/*` are allowed. */
const MACHINE_PATH = /\/(?:(?:home|Users)\/\w+|root|work)\/(?:main|shared|\.?\w+\/)/;

test("no file contains a path of a developer's machine or the host of a package registry", () => {
  const host = registryHost();
  const found = files.filter((file) => {
    const text = readFileSync(join(root, file), "latin1");
    return MACHINE_PATH.test(text) || text.includes(host);
  });
  expect(found).toEqual([]);
});

test("the lockfile resolves packages only by integrity, without addresses", () => {
  const lockfile = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
  expect(lockfile).toContain("integrity: sha512-");
  expect(lockfile).not.toMatch(/tarball:|https?:/);
});

describe.each(publicPackages())("$manifest.name", ({ folder, manifest }) => {
  const sources = files.filter((file) => file.startsWith(`packages/${folder}/src/`));

  test("imports only Node, its dependencies, and its own files inside src", () => {
    const allowed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    const strays = sources.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !isAllowed(specifier, file, allowed))
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(sources).not.toEqual([]);
    expect(strays).toEqual([]);
  });
});

/**
 * Modules that take megabytes of memory and that few servers need. An import of a Node module reads every export
 * (`http.WebSocket` alone loads an HTTP client). The libraries are loaded on the first request that needs them.
 */
const HEAVY = ["http", "https", "crypto", "inspector", "perf_hooks", "util"]
  .map((name) => `node:${name}`)
  .concat("bson", "busboy", "fast-xml-parser");

test("the modules that a server loads at its start import no heavy module", () => {
  const loaded = loadedAtStart(
    files.filter((file) =>
      /^packages\/(?!(?:cli|create-packetron)\/)[^/]+\/src\/(?:capability\/)?index\.ts$/.test(file),
    ),
  );
  const found = loaded.flatMap((file) =>
    valueImportsOf(readFileSync(join(root, file), "utf8"))
      .filter((specifier) => HEAVY.includes(specifier))
      .map((specifier) => `${file} imports ${specifier}`),
  );
  expect(loaded.length).toBeGreaterThan(200);
  expect(found).toEqual([]);
  expect(valueImportsOf('import {\n  type Server,\n  createServer,\n} from "node:http";\n')).toEqual([
    "node:http",
  ]);
});

/** The specifiers of imports that remain after the types are stripped. */
/** The modules that are loaded with others: all but those of an `import()`. */
function loadedAtStart(entries: readonly string[]): string[] {
  const found = new Set(entries);
  for (const file of found) {
    const text = readFileSync(join(root, file), "utf8");
    const exported = [...text.matchAll(/^export (?!type )[^;"]*?from "([^"]+)";$/gms)].map(
      ([, from = ""]) => from,
    );
    for (const specifier of [...valueImportsOf(text), ...exported])
      if (specifier.startsWith(".")) found.add(join(dirname(file), specifier));
  }
  return [...found];
}

function valueImportsOf(text: string): string[] {
  const found: string[] = [];
  for (const [, clause = "", specifier = ""] of text.matchAll(
    /^import (?!type )([^;"]*?)from "([^"]+)";$/gms,
  )) {
    const names = /^\{(.*)\}\s*$/s.exec(clause)?.[1]?.split(",") ?? [clause];
    const isType = (name: string): boolean => name.trim() === "" || name.trim().startsWith("type ");
    if (!names.every(isType)) found.push(specifier);
  }
  return found;
}

test("features never import one another: core is the only package of this repository in their dependencies", () => {
  for (const { folder, manifest } of publicPackages()) {
    if (folder === "packetron") continue;
    const internal = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter((name) =>
      /^(@packetron\/|packetron$)/.test(name),
    );
    expect(internal).toEqual(folder === "core" ? [] : ["@packetron/core"]);
  }
});

test("the linter detects an import cycle", () => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-circle-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { linter } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  writeFileSync(join(folder, "biome.json"), JSON.stringify({ linter }));
  writeFileSync(
    join(folder, "one.ts"),
    'import { two } from "./two.ts";\nexport const one = (): number => two() + 1;\n',
  );
  writeFileSync(
    join(folder, "two.ts"),
    'import { one } from "./one.ts";\nexport const two = (): number => one() - 1;\n',
  );
  expect(lint(folder)).toContain("lint/suspicious/noImportCycles");
});

/** The host of the package registry that npm uses on this machine. */
function registryHost(): string {
  const configured = execFileSync("npm", ["config", "get", "registry"], { cwd: tmpdir(), stdio: "pipe" });
  return new URL(configured.toString().trim()).host;
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
  return [...code.matchAll(/(?:\bfrom|^import|\bimport\()\s*"([^"]+)"/gm)].map(
    ([, specifier = ""]) => specifier,
  );
}

function isAllowed(specifier: string, file: string, packages: readonly string[]): boolean {
  if (specifier.startsWith("node:")) return true;
  if (!specifier.startsWith("."))
    return packages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
  const [, folder = ""] = file.split("/");
  const target = relative(join("packages", folder, "src"), join(dirname(file), specifier));
  return specifier.endsWith(".ts") && !target.startsWith("..");
}

function lint(folder: string): string {
  try {
    return execFileSync(join(root, "node_modules/.bin/biome"), ["lint", "."], {
      cwd: folder,
      stdio: "pipe",
    }).toString();
  } catch (error) {
    return error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  }
}
