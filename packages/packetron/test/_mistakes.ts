/** Makes the mistakes of `docs/reference/mistakes.md`, and returns what Packetron says about each. */
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import * as core from "@packetron/core";
import * as packetron from "packetron";

/** A row of the page: code with a mistake, and the message that it leads to. */
export interface Mistake {
  readonly section: string;
  /** The code, as the page shows it. */
  readonly code: string;
  /** The message; `…` stands for any text. */
  readonly message: string;
}

const page = join(import.meta.dirname, "../../../docs/reference/mistakes.md");

/** The rows of the tables of the page, with the headings that they are under. */
export function readMistakes(): Mistake[] {
  const mistakes: Mistake[] = [];
  let section = "";
  for (const line of readFileSync(page, "utf8").split("\n")) {
    section = /^## (.+)$/.exec(line)?.[1] ?? section;
    const [, code = "", message = ""] = /^\| `(.+?)` \| (.+) \|$/.exec(line) ?? [];
    if (code === "") continue;
    mistakes.push({
      section,
      code: unescapeCell(code),
      message: unescapeCell(message).replace(/^`(.*)`$/, "$1"),
    });
  }
  return mistakes;
}

/** Whether a message is the one of a row. */
export function fits(message: string, expected: string): boolean {
  const parts = expected.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`).test(message);
}

/** What a user sees of a mistake. */
export interface Outcome {
  /** The message of the error, or the line of the log; `"nothing"` for a silent mistake. */
  readonly message: string;
  /** Whether the stack of the error begins in the code of the row; `undefined` without an error. */
  readonly beginsThere?: boolean;
}

/** Runs the code of a row as its section says, and returns what a user sees. */
export async function makeMistake({ section, code }: Mistake): Promise<Outcome> {
  if (section.endsWith("in the log")) return { message: await logged(code) };
  const { Packetron } = section.endsWith("@packetron/core alone") ? core : packetron;
  const server = new Packetron({ port: 0, host: "127.0.0.1", maxThreads: 1, logger: silent });
  const handler: core.Handler = (_request, response) => response.sendOk();
  const blocker = code.includes("usedPort") ? await listenSomewhere() : undefined;
  const scope = { ...packetron, ...core, Packetron, server, handler, usedPort: blocker?.port };
  try {
    return await outcomeOf(() => evaluate(`return (${code});`, scope));
  } finally {
    await Promise.all([server.stop(), blocker?.close()]);
  }
}

const silent: core.Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The name of the code of a row, in stacks. */
const FILE = "mistake.js";

/** Runs code with the names of a scope. */
function evaluate(code: string, scope: Readonly<Record<string, unknown>>): unknown {
  return compileFunction(code, Object.keys(scope), { filename: FILE })(...Object.values(scope));
}

async function outcomeOf(mistake: () => unknown): Promise<Outcome> {
  try {
    await mistake();
    return { message: "nothing" };
  } catch (error) {
    if (!(error instanceof Error)) return { message: String(error) };
    const first = error.stack?.split("\n").find((line) => /^\s+at /.test(line));
    return { message: error.message, beginsThere: first?.includes(FILE) === true };
  }
}

/** Runs code as the body of a handler, and returns the line that the server logs: message, error and hint. */
async function logged(code: string): Promise<string> {
  const lines = new EventEmitter<{ line: [text: string] }>();
  const write = (fields: object, message: string): void =>
    void lines.emit("line", describeLine(fields, message));
  const logger = { ...silent, warn: write, error: write };
  const server = new packetron.Packetron({ port: 0, host: "127.0.0.1", maxThreads: 1, logger });
  const run = (request: unknown, response: unknown): unknown =>
    evaluate(`return (async () => { ${code} })();`, {
      ...packetron,
      server,
      request,
      response,
      req: request,
      res: response,
      c: request,
      next: undefined,
    });
  server.handle({ method: packetron.PacketronRequestMethod.POST, routePath: "a", handler: run });
  await server.start();
  try {
    const line = once(lines, "line", { signal: AbortSignal.timeout(5_000) });
    const answered = new AbortController();
    const url = `http://127.0.0.1:${server.port}/a`;
    const answer = fetch(url, { method: "POST", body: '{"a":1}', signal: answered.signal });
    answer.catch(() => undefined); // some handlers never answer
    const [text] = await line;
    answered.abort();
    return String(text);
  } finally {
    await server.stop();
  }
}

function describeLine(fields: object, message: string): string {
  const read = (name: string): unknown => Reflect.get(fields, name);
  const error = read("err");
  const parts = [message, error instanceof Error ? error.message : undefined, read("hint")];
  return parts.filter((part) => typeof part === "string").join(" · ");
}

async function listenSomewhere(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  const address = blocker.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, close: () => new Promise((resolve) => blocker.close(() => resolve())) };
}

function unescapeCell(cell: string): string {
  return cell.replaceAll("\\|", "|");
}
