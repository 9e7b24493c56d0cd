import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { commands } from "../src/commands.ts";
import { runCommandLine } from "../src/run.ts";
import { painter } from "../src/terminal.ts";
import { makeTerminal } from "./_terminal.ts";

afterEach(() => {
  process.exitCode = undefined;
});

/** Runs a command line in this process. */
async function run(...words: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const { terminal, out, err } = makeTerminal();
  await runCommandLine(words, terminal);
  return { code: process.exitCode, out: out(), err: err() };
}

describe("the command line", () => {
  test("shows the help and exits with code 2 when no command is given", async () => {
    const { code, out, err } = await run();
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("Usage: packetron <command> [options]");
  });

  test.each(["--help", "-h", "help"])("shows every command with %s", async (word) => {
    const { code, out, err } = await run(word);
    expect([code, err]).toEqual([0, ""]);
    for (const { name, summary } of commands)
      expect(out).toMatch(new RegExp(`^  ${name} .*${summary}$`, "m"));
  });

  test.each(commands)(
    "shows the options of $name with --help and with help $name",
    async ({ name, options }) => {
      const { code, out } = await run(name, "--help");
      expect(code).toBe(0);
      expect(out).toContain(`Usage: packetron ${name} `);
      for (const option of Object.keys(options)) expect(out).toContain(`--${option}`);
      expect((await run("help", name)).out).toBe(out);
    },
  );

  test.each(["--version", "-v"])("prints the version with %s", async (word) => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(await run(word)).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  test.each([
    ["relaod", 'error: Unknown command "relaod". Did you mean "reload"?'],
    ["frobnicate", 'error: Unknown command "frobnicate".'],
    ["server.js", 'error: Unknown command "server.js". To run it: packetron start server.js'],
    [
      "--verison",
      'error: Unknown option --verison. Did you mean "--version"? Put options of a command after its name.',
    ],
  ])("refuses %s and suggests what was probably meant", async (word, sentence) => {
    const { code, out, err } = await run(word);
    expect([code, out, err.split("\n")[0]]).toEqual([2, "", sentence]);
    expect(err).toContain('See "packetron --help".');
  });

  test.each([
    [
      ["start", "app.js", "--threads", "many"],
      '--threads needs a number of worker processes, but got "many".',
    ],
    [["start", "app.js", "--threads", "0"], '--threads needs a number of worker processes, but got "0".'],
    [["start", "app.js", "--dispatch", "fast"], '--dispatch takes "direct" or "standard", but got "fast".'],
    [["status", "--pid", "1x"], '--pid needs a process id, but got "1x".'],
    [["reload", "--timeout", "soon"], '--timeout needs a number of seconds, but got "soon".'],
    [["stop", "--timeout", "0"], '--timeout needs a number of seconds, but got "0".'],
  ])("refuses an invalid value: %j", async (words, sentence) => {
    const entry = new URL("./_terminal.ts", import.meta.url).pathname; // a file that exists
    const { code, err } = await run(...words.map((word) => (word === "app.js" ? entry : word)));
    expect([code, err.split("\n")[0]]).toEqual([2, `error: ${sentence}`]);
  });

  test("refuses an entry file that does not exist, with its absolute path", async () => {
    const { code, err } = await run("dev", "no-such-file.js");
    expect(code).toBe(2);
    expect(err).toMatch(
      /^error: The file \/.*\/no-such-file\.js does not exist\.\nSee "packetron dev --help"\.\n$/,
    );
  });
});

test("colours appear on a terminal without NO_COLOR only", () => {
  expect(painter(true)("bad", "no")).toBe("\u001b[31mno\u001b[39m");
  expect(painter(false)("bad", "no")).toBe("no");
});
