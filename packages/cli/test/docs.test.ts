/** What the pages say about commands and options is what the table of commands has. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commands } from "../src/commands.ts";
import { ExitCode } from "../src/exit-code.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const guide = readFileSync(new URL("../../../docs/guide/command-line.md", import.meta.url), "utf8");

/** The options in a text, in order of the alphabet, once each. */
function optionsIn(text: string): string[] {
  return [...new Set(text.match(/--[a-z]+/g))].toSorted();
}

describe("the table of commands in the README", () => {
  test.each(commands)("has every option of $name, and no others", ({ name, entry, options }) => {
    const rows = readme.split("\n").filter((line) => /^\| `/.test(line) && line.includes("--"));
    const row = rows.find((line) => new RegExp(`^\\|[^|]*\\b${name}\\b`).test(line)) ?? "";
    const documented = Object.keys(options).filter((option) => option !== "help");
    expect(optionsIn(row)).toEqual(documented.map((option) => `--${option}`).toSorted());
    expect(row.includes(`${name} <entry>`)).toBe(entry);
  });
});

describe.each([
  ["the README", readme],
  ["the guide", guide],
])("%s", (_page, text) => {
  test("shows every command", () => {
    for (const { name } of commands) expect(text).toContain(`npx packetron ${name}`);
  });

  test("has every exit code, and no others", () => {
    const codes = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(ExitCode));
  });
});

test("the guide names every option", () => {
  const all = commands.flatMap(({ options }) => Object.keys(options)).map((option) => `--${option}`);
  const nodes = ["--import", "--inspect", "--port"]; // those of Node, and the one that there is not
  expect(optionsIn(guide)).toEqual([...new Set([...all, ...nodes])].toSorted());
});
