/** Writes the code blocks of a page to files for Node and the compiler, and runs the servers among them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { codeBlocks, readPage, root } from "../docs/_markdown.ts";

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
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@packetron"), { recursive: true });
  mkdirSync(join(modules, "@types"));
  mkdirSync(join(modules, "@valibot"));
  for (const name of readdirSync(join(root, "packages"))) {
    symlinkSync(
      join(root, "packages", name),
      join(modules, name === "packetron" ? name : `@packetron/${name}`),
    );
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const name of [
    "@types/node",
    "@valibot/to-json-schema",
    "arktype",
    "express-session",
    "helmet",
    "swagger-ui-dist",
    "valibot",
    "zod",
  ])
    symlinkSync(join(root, "node_modules", name), join(modules, name));
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
  if (program.code.includes("@packetron/redis")) return false;
  return /\.start\(\)|START_IMMEDIATELY/.test(program.code) && !program.code.includes("node:test");
}

/** A running server of the docs. */
export interface RunningServer {
  readonly port: number;
  /** Returns the output so far. */
  readonly output: () => string;
  /** Sends SIGTERM, and resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a server program in a folder, on a free port, and with one process unless the program sets the number. */
export async function startServer(program: Program, folder: string): Promise<RunningServer> {
  const path = program.path.replace(/(\.\w+)$/, "-on-a-free-port$1");
  writeFileSync(path, `${withFreePort(program.code)}\n${REPORT_PORT}`);
  const own = mkdtempSync(join(folder, "temporary-"));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", path], {
    cwd: folder,
    // This PATH has no programs of the machine: a page with OPEN_FIREWALL must not open the firewall of the test machine.
    // Its own temporary directory keeps shared data separate from other programs of the machine.
    env: { ...process.env, PATH: folder, PACKETRON_THREADS: "1", TMPDIR: own, TEMP: own, TMP: own },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL")); // workers do not outlive their primary
  const chunks: string[] = [];
  child.stdout.on("data", (chunk) => chunks.push(String(chunk)));
  child.stderr.on("data", (chunk) => chunks.push(String(chunk)));
  const output = (): string => chunks.join("");
  const port = await readPort(child, output);
  return { port, output, stop: () => stop(child) };
}

/** Sends the request of a `curl` command, and returns the trimmed lines that curl would print. */
export async function runCurl(command: string, port: number, folder: string): Promise<string[]> {
  const call = parseCurl(command, folder);
  const { pathname, search } = new URL(call.url);
  // curl keeps its connection for a next request and closes it when it ends, so the server need not wait for it.
  const agent = new Agent({ keepAlive: true });
  const outgoing = httpRequest({
    agent,
    port,
    host: "127.0.0.1",
    path: pathname + search,
    method: call.method,
    headers: call.headers,
  });
  outgoing.end(call.body);
  const [response] = await once(outgoing, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  agent.destroy();
  const head = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (let index = 0; index < response.rawHeaders.length; index += 2) {
    head.push(`${response.rawHeaders[index]}: ${response.rawHeaders[index + 1]}`);
  }
  const body = Buffer.concat(chunks).toString().split("\n");
  return [...(call.showHead ? [...head, ""] : []), ...body].map((line) => line.trim());
}

const REPORT_PORT = `
{
  const report = () => process.send === undefined && console.log("listening on port " + server.port + ";");
  if (server.address() === null) server.once("listening", report);
  else report();
}
`;

function withFreePort(code: string): string {
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

function readDialogue(text: string): Exchange[] {
  const exchanges: { command: string; output: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("$ ")) exchanges.push({ command: line.slice(2), output: [] });
    else exchanges.at(-1)?.output.push(line.trim());
  }
  return exchanges;
}

interface CurlCall {
  url: string;
  method: string;
  body: string | undefined;
  showHead: boolean;
  readonly headers: Record<string, string>;
}

/** Parses the options of curl that the pages use, with curl's defaults. */
function parseCurl(command: string, folder: string): CurlCall {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? "",
  );
  const call: CurlCall = {
    url: "",
    method: "",
    body: undefined,
    showHead: false,
    headers: { accept: "*/*" },
  };
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "-i" || word === "-I") call.showHead = true;
    if (word === "-I") call.method = "HEAD";
    else if (word === "-i") continue;
    else if (word === "-X") call.method = words[++index] ?? "";
    else if (word === "-d" || word === "--data-binary") call.body = words[++index] ?? "";
    else if (word === "-F") {
      const [, name = "", value = ""] = /^([^=]+)=(.*)$/.exec(words[++index] ?? "") ?? [];
      call.headers["content-type"] = `multipart/form-data; boundary=${BOUNDARY}`;
      const rest = call.body?.replace(`--${BOUNDARY}--\r\n`, "") ?? "";
      call.body = `${rest}${createPart(name, value, folder)}--${BOUNDARY}--\r\n`;
    } else if (word === "-H") {
      const [, name = "", value = ""] = /^([^:]+): *(.*)$/.exec(words[++index] ?? "") ?? [];
      call.headers[name.toLowerCase()] = value;
    } else if (word.startsWith("-"))
      throw new Error(`the option ${word} of curl is not supported by the tests`);
    else call.url = word.includes("://") ? word : `http://${word}`;
  }
  if (call.method === "") call.method = call.body === undefined ? "GET" : "POST";
  if (call.body !== undefined) call.headers["content-type"] ??= "application/x-www-form-urlencoded";
  return call;
}

const BOUNDARY = "----packetron";

/** A part of a form like that of `curl -F`. `@file` sends a file of the folder. */
function createPart(name: string, value: string, folder: string): string {
  const file = value.startsWith("@") ? value.slice(1) : null;
  const filename = file === null ? "" : `; filename="${basename(file)}"`;
  const content = file === null ? value : readFileSync(join(folder, file), "utf8");
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${filename}\r\n\r\n${content}\r\n`;
}
