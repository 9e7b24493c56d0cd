/** A contestant's server: a process that is started as a user would start it, and ended by its id. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { type Command, pinned } from "./cores.ts";
import { readProcessTree } from "./process-stat.ts";

/** How to start a server. */
export interface ServerStart {
  readonly command: Command;
  readonly environment: Readonly<Record<string, string>>;
  /** The core that it is bound to. */
  readonly core: number | null;
  /** The port that the command line names; without one the program prints `{"port":…}` when it listens. */
  readonly port?: number;
}

/** A server that takes connections. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** Ends the process and what it started; resolves when they are gone. */
  stop(): Promise<void>;
}

/** A server that did not come up; the message holds what it wrote to stderr. */
export class StartError extends Error {}

const children = new Set<ChildProcess>();

// Whatever ends this process, no server is left behind; only synchronous work is done here.
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** How long a server may take to listen, and to end, before that is an error. */
const PATIENCE = 20_000;

/** Starts a server; resolves when it takes connections. */
export async function startServer(start: ServerStart): Promise<RunningServer> {
  const [program, ...args] = pinned(start.command, start.core);
  const child = spawn(program, args, {
    env: { ...process.env, NODE_ENV: "production", ...start.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  const output = collectErrors(child);
  try {
    const port = start.port === undefined ? await readPort(child) : await waitForPort(child, start.port);
    return { pid: child.pid ?? 0, port, stop: () => stopServer(child) };
  } catch (error) {
    await stopServer(child);
    const reason = output() || (error instanceof Error ? error.message : String(error));
    throw new StartError(`${start.command.join(" ")} did not start: ${reason}`, { cause: error });
  }
}

/** The last lines of stderr, for the message when it does not start. */
function collectErrors(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-4_000);
  });
  child.on("error", (error) => {
    text += error.message;
  });
  return () => text.trim();
}

async function readPort(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error("no stdout");
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(PATIENCE);
  const [line]: unknown[] = await Promise.race([once(lines, "line", { signal }), failOnExit(child)]);
  child.stdout.resume(); // whatever comes later must not fill the pipe
  const announced: { port?: unknown } = JSON.parse(String(line));
  if (typeof announced.port !== "number") throw new Error(`announced ${String(line)}`);
  return announced.port;
}

async function waitForPort(child: ChildProcess, port: number): Promise<number> {
  child.stdout?.resume();
  const deadline = Date.now() + PATIENCE;
  const ended = failOnExit(child);
  while (!(await Promise.race([isOpen(port), ended]))) {
    if (Date.now() > deadline) throw new Error(`nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return port;
}

async function failOnExit(child: ChildProcess): Promise<never> {
  const [code, signal]: unknown[] = await once(child, "exit");
  throw new Error(`ended with ${String(code ?? signal)}`);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Asks first, then cuts: the process, and whatever of its children outlives it. */
async function stopServer(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const family = readProcessTree(child.pid).map(({ pid }) => pid);
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await gone;
  clearTimeout(force);
  for (const pid of family) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone already
  }
}
