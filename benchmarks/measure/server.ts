/** Starts the server of a contestant like a user would, and stops it by its process id. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { type Command, pinned } from "./cores.ts";
import { readProcessTree } from "./process-stat.ts";

/** The command and settings that start a server. */
export interface ServerStart {
  readonly command: Command;
  readonly environment: Readonly<Record<string, string>>;
  /** The core that the server is bound to; `null` means any core. */
  readonly core: number | null;
  /** The port in the command line. Without it, the program prints `{"port":…}` when it listens. */
  readonly port?: number;
}

/** A server that accepts connections. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** Ends the process and its children. Resolves when all have exited. */
  stop(): Promise<void>;
}

/** A server did not start. The message contains its stderr. */
export class StartError extends Error {}

const children = new Set<ChildProcess>();

// Kills the remaining servers when this process exits. An exit listener can only do synchronous work.
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** How long a server may take to listen, and to exit, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** Starts a server. Resolves when it accepts connections. */
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

/** Collects the last lines of stderr for the message of a StartError. */
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
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const [line]: unknown[] = await Promise.race([once(lines, "line", { signal }), failOnExit(child)]);
  child.stdout.resume(); // later output must not fill the pipe
  const announced: { port?: unknown } = JSON.parse(String(line));
  if (typeof announced.port !== "number") throw new Error(`announced ${String(line)}`);
  return announced.port;
}

async function waitForPort(child: ChildProcess, port: number): Promise<number> {
  child.stdout?.resume();
  const deadline = Date.now() + TIMEOUT_MS;
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

/** Sends SIGTERM to the process, and SIGKILL after 3 s. Then kills children that still run. */
async function stopServer(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const descendants = readProcessTree(child.pid).map(({ pid }) => pid);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const killTimer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await exited;
  clearTimeout(killTimer);
  for (const pid of descendants) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // the process has already exited
  }
}
