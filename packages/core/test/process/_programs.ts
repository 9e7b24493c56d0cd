/** Writes the code blocks of a page to files for Node and the compiler, and runs the servers among them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { codeBlocks, readPage } from "../docs/_markdown.ts";
import { runCurl } from "./_curl.ts";

/** A code block that is a complete program. */
export interface Program {
  /** The page and line, for titles: `"docs/guide/cluster.md:12"`. */
  readonly title: string;
  /** The path of the file. */
  readonly path: string;
  readonly code: string;
  /** The commands and their output that the page shows between this program and the next one. */
  readonly dialogue: readonly Exchange[];
}

/** A command at a prompt, and the output that the page shows. */
export interface Exchange {
  readonly command: string;
  readonly output: readonly string[];
}

/** Makes a temporary folder in which programs can import every package of this repository, and the tools, by name. */
export function createProgramFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "packetron-docs-"));
  symlinkSync(join(inject("bundles"), "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

/** Writes the complete programs of a page to files. Programs whose first comment names a file can import each other. */
export function writePrograms(page: string, folder: string): Program[] {
  const programs: (Program & { dialogue: Exchange[] })[] = [];
  const home = join(folder, page.replaceAll(/[^\w]/g, "-"));
  const taken = new Set<string>();
  for (const { language, code, line } of codeBlocks(readPage(page))) {
    if (language === "console") programs.at(-1)?.dialogue.push(...readDialogue(code));
    if (!/^(js|ts)$/.test(language) || !/^import |\brequire\(/m.test(code)) continue;
    const commonJs = /\brequire\(/.test(code);
    const name = /^\/\/ ([\w./-]+\.[cm]?[jt]s)/.exec(code)?.[1] ?? `block.${commonJs ? "c" : "m"}${language}`;
    const path = join(home, taken.has(name) ? `line-${line}` : ".", name);
    taken.add(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    programs.push({ title: `${page}:${line}`, path, code, dialogue: [] });
  }
  return programs;
}

/** Whether a program starts a server and keeps running. One that needs a Redis is only checked by the compiler. */
export function isServer(program: Program): boolean {
  if (/\bredis\(/.test(program.code) && !program.code.includes("REDIS_URL === undefined")) return false;
  return /\.start\(\)|START_IMMEDIATELY/.test(program.code) && !program.code.includes("node:test");
}

/** Pages that have tests of their own in `recipes.test.ts`. Their commands are run there, too. */
export const PAGES_WITH_TESTS: readonly string[] = [
  "database",
  "jwt",
  "sessions",
  "live-updates",
  "chat",
  "many-machines",
  "tracing",
  "debugging",
].map((name) => `docs/recipes/${name}.md`);

/** Whether `recipes.test.ts` runs a program. */
export function hasOwnTest({ title }: Program): boolean {
  return PAGES_WITH_TESTS.includes(title.replace(/:\d+$/, ""));
}

/** A running server of the docs. */
export interface RunningServer {
  readonly port: number;
  /** Returns the output so far. */
  readonly output: () => string;
  /** Sends a signal to the primary. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** Sends SIGTERM, and resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** How to start a program. */
export interface StartOptions {
  /**
   * The number of processes, unless the program sets it.
   * @default 1
   */
  readonly threads?: number;
  /** Variables to add to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node, such as `--inspect`. */
  readonly nodeOptions?: readonly string[];
  /** Code to add at the end of the program. */
  readonly more?: string;
  /**
   * Registers the function that kills the program if it still runs.
   * @default the end of the test
   */
  readonly whenDone?: (kill: () => void) => void;
}

/** Starts a server program in a folder, on a free port. */
export async function startServer(
  program: Program,
  folder: string,
  options: StartOptions = {},
): Promise<RunningServer> {
  const { threads = 1, env = {}, nodeOptions = [], more = "", whenDone = onTestFinished } = options;
  const path = program.path.replace(/(\.\w+)$/, "-on-a-free-port$1");
  writeFileSync(path, `${withFreePort(program.code)}\n${more}\n${REPORT_PORT}`);
  const own = mkdtempSync(join(folder, "temporary-"));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...nodeOptions, path], {
    cwd: folder,
    // This PATH has no programs of the machine: a page with OPEN_FIREWALL must not open the firewall of the test machine.
    // Its own temporary directory keeps shared data separate from other programs of the machine.
    env: {
      ...process.env,
      ...{ PATH: folder, PACKETRON_THREADS: String(threads), TMPDIR: own, TEMP: own, TMP: own },
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: threads > 1, // without a terminal, SIGHUP reloads
  });
  whenDone(() => void child.kill("SIGKILL")); // workers do not outlive their primary
  const chunks: string[] = [];
  child.stdout.on("data", (chunk) => chunks.push(String(chunk)));
  child.stderr.on("data", (chunk) => chunks.push(String(chunk)));
  const output = (): string => chunks.join("");
  const port = await readPort(child, output);
  return { port, output, signal: (name) => void child.kill(name), stop: () => stop(child) };
}

/** What a command of a page has printed. */
export interface Printed extends Exchange {
  /** The trimmed lines that the command has printed here. */
  readonly printed: readonly string[];
}

/**
 * Runs the `curl` commands of a page. `NAME=$(curl …)` keeps what curl prints for `$NAME` in later commands. Commands of
 * other programs are left out.
 */
export async function* runDialogue(program: Program, port: number, folder: string): AsyncGenerator<Printed> {
  const variables = new Map<string, string>();
  for (const { command, output } of program.dialogue) {
    const [, name, inner] = /^(\w+)=\$\((curl .*)\)$/.exec(command) ?? [];
    if (name === undefined && !command.startsWith("curl ")) continue;
    const line = (inner ?? command).replaceAll(/\$(\w+)/g, (text, key) => variables.get(key) ?? text);
    const printed = await runCurl(line, port, folder);
    if (name === undefined) yield { command, output, printed };
    else variables.set(name, printed.join("\n").trim());
  }
}

const REPORT_PORT = `
{
  const report = () => process.send === undefined && console.log("listening on port " + server.port + ";");
  if (server.address() === null) server.once("listening", report);
  else report();
}
`;

function withFreePort(code: string): string {
  if (/\bsocket: /.test(code)) return code; // a path in place of a port
  const replaced = code.replaceAll(/\bport: \d+/g, "port: 0");
  return replaced
    .replaceAll(/new Packetron\((?:\{(?![^}]*\bport: 0))?/g, (call) =>
      call.endsWith("{") ? `${call} port: 0,` : call,
    )
    .replaceAll("new Packetron()", "new Packetron({ port: 0 })");
}

async function readPort(child: ChildProcess, output: () => string): Promise<number> {
  const ended = once(child, "exit");
  for (;;) {
    const port = /listening on port (\d+);/.exec(output())?.[1];
    if (port !== undefined) return Number(port);
    const event = await Promise.race([once(child.stdout ?? child, "data"), ended.then(() => "ended")]);
    if (event === "ended") throw new Error(`the program ended:\n${output()}`);
  }
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  return code;
}

/** The commands at a prompt, each with the lines that follow it. */
export function readDialogue(text: string): Exchange[] {
  const exchanges: { command: string; output: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("$ ")) exchanges.push({ command: line.slice(2), output: [] });
    else exchanges.at(-1)?.output.push(line.trim());
  }
  return exchanges;
}
