/** Compares the commands and options in the README and in the guide with the table of commands. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commands } from "../src/commands.ts";
import { ExitCode } from "../src/exit-code.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const guide = readFileSync(new URL("../../../docs/guide/command-line.md", import.meta.url), "utf8");

/** The distinct options in a text, sorted. */
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
  const others = ["--import", "--inspect", "--port"]; // options of Node, and one that the guide says does not exist
  expect(optionsIn(guide)).toEqual([...new Set([...all, ...others])].toSorted());
});
