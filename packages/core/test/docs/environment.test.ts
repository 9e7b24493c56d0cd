/** Tests that the page about environment variables has those of the code, and that the code reads them in one place. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Variables, variables } from "../../src/config/environment.ts";
import { codeIn, readPage, root, sectionOf, tableRows } from "./_markdown.ts";

const page = readPage("docs/reference/environment.md");
const TABLE = "core/src/config/environment.ts";

/** Other files that read the environment, with their variables. The list is empty for files that pass on all variables. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // The command line is not part of core. These variables describe a terminal.
  "cli/src/terminal.ts": ["NO_COLOR", "TERM"],
  // Package managers name themselves in this variable.
  "create-packetron/src/environment.ts": ["npm_config_user_agent"],
  // These files pass the environment on to the program that they start.
  "cli/src/commands/start.ts": [],
  "cli/src/dev/program.ts": [],
  "cli/src/commands/openapi.ts": [],
  // The system's variable for finding programs.
  "firewall/src/machine.ts": ["PATH"],
  "firewall/src/run-command.ts": ["SystemRoot"],
  "openapi/src/print.ts": ["PACKETRON_OPENAPI"],
  "validate/src/response-check.ts": ["PACKETRON_DEV", "NODE_ENV"],
};

const sources = readdirSync(join(root, "packages")).flatMap((folder) =>
  readdirSync(join(root, "packages", folder, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/src/${file.replaceAll("\\", "/")}`),
);

/** A source without its comments. */
function codeOf(file: string): string {
  const text = readFileSync(join(root, "packages", file), "utf8");
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** The variables of a table of the page. */
function documented(heading: string): Record<string, string>[] {
  return tableRows(sectionOf(page, heading));
}

const own = [...documented("For you to set"), ...documented("Set by Packetron")];

describe("the page about environment variables", () => {
  test("has every variable of the code, once, and no others", () => {
    const names = [...own, ...documented("Of others")].map((row) => codeIn(row["variable"]));
    const read = new Set([...Object.keys(variables), ...Object.values(exceptions).flat()]);
    expect(names.toSorted()).toEqual([...read].toSorted());
  });

  test.each(own.map((row): [string, Record<string, string>] => [codeIn(row["variable"]), row]))(
    "has the values of %s, and its default",
    (name, row) => {
      const variable = variables[nameOf(name)];
      expect(row["values"]).toBe(variable.values);
      expect(row["meaning"]).not.toBe("");
      const fallback: unknown = variable.read("");
      if (typeof fallback === "string" || typeof fallback === "number")
        expect(row["default"]).toBe(String(fallback));
      else expect(row["default"]).not.toBe("");
    },
  );

  test("is linked from the list of pages and from the README", () => {
    expect(readPage("docs/README.md")).toContain("(reference/environment.md)");
    expect(readPage("README.md")).toContain("(docs/reference/environment.md)");
  });
});

describe("the sources of all packages", () => {
  test("read the environment in one file, and in the listed exceptions", () => {
    const readers = sources.filter((file) =>
      /\bprocess(?:\.env|\["env"\])|\benv\b.*= process\b/.test(codeOf(file)),
    );
    expect(readers.toSorted()).toEqual([TABLE, ...Object.keys(exceptions)].toSorted());
  });

  test.each(Object.entries(exceptions))("%s reads only its own variables: %j", (file, names) => {
    const code = codeOf(file);
    const read = [...code.matchAll(/process\.env\["(\w+)"\]/g)].map(([, name = ""]) => name);
    const destructured = [...code.matchAll(/\{ ([\w, ]+) \} = process\.env/g)].flatMap(([, list = ""]) =>
      list.split(", "),
    );
    expect([...new Set([...read, ...destructured])].toSorted()).toEqual([...names].toSorted());
  });

  test("name no Packetron variable that is missing in the table", () => {
    const named = sources.flatMap((file) =>
      [...codeOf(file).matchAll(/\bPACKETRON_[A-Z_]+\b/g)].map(([name]) => name),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !Object.hasOwn(variables, name))).toEqual([]);
  });
});

function nameOf(text: string): keyof Variables {
  if (!isName(text)) throw new Error(`${text} is not in the table of variables`);
  return text;
}

function isName(text: string): text is keyof Variables {
  return Object.hasOwn(variables, text);
}
