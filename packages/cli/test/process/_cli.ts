/** A user's project with its own temporary directory. Tests run the command line in it as a real process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inject, onTestFinished } from "vitest";

/** The built packages: each command and each worker of its program loads a few files. */
const modules = join(inject("bundles"), "node_modules/@packetron");
const bin = join(modules, "cli/dist/bin.js");

/** How long a test waits for one event before it fails, in milliseconds. */
export const TIMEOUT_MS = 30_000;

/** A folder in which programs can import core by its name. */
export interface Project {
  readonly path: string;
  /** The value of `TMPDIR` for every process of the project. */
  readonly temporary: string;
  write(file: string, text: string): void;
  /** Starts the command line in the project. */
  cli(...words: readonly string[]): Running;
  /** Runs the command line and waits until it has exited. */
  run(...words: readonly string[]): Promise<Ended>;
}

/** The exit code and the output of a command. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Makes a project. It is removed at the end of the test. */
export function makeProject(): Project {
  const path = mkdtempSync(join(realpathSync(tmpdir()), "cli-"));
  const temporary = join(path, ".tmp");
  mkdirSync(temporary);
  mkdirSync(join(path, "node_modules/@packetron"), { recursive: true });
  symlinkSync(join(modules, "core"), join(path, "node_modules/@packetron/core"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  const cli = (...words: readonly string[]): Running => new Running(path, temporary, words);
  return {
    path,
    temporary,
    cli,
    write: (file, text) => {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), text);
    },
    run: async (...words) => {
      const running = cli(...words);
      const code = await running.ended;
      return { code, out: running.out, err: running.err };
    },
  };
}

/** A running command. Its processes are killed at the end of the test. */
export class Running {
  readonly child: ChildProcess;
  /** Resolves to the exit code once the output is read. */
  readonly ended: Promise<number | null>;
  out = "";
  err = "";

  constructor(cwd: string, temporary: string, words: readonly string[]) {
    // The command gets a process group of its own, as in a terminal.
    this.child = spawn(process.execPath, [bin, ...words], {
      cwd,
      env: { ...process.env, TMPDIR: temporary, PACKETRON_LOG_LEVEL: "warn" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.child.stdout?.on("data", (chunk) => {
      this.out += chunk;
    });
    this.child.stderr?.on("data", (chunk) => {
      this.err += chunk;
    });
    this.ended = once(this.child, "close").then(([code]) => code);
    onTestFinished(() => this.signal("SIGKILL"));
  }

  /** Sends a signal to the process group of the command. */
  signal(signal: NodeJS.Signals): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
    } catch {
      // The process group has exited.
    }
  }

  /** Waits for a text on stdout, or on stderr. */
  async says(text: RegExp, where: "out" | "err" = "out"): Promise<RegExpExecArray> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const match = text.exec(this[where]);
      if (match !== null) return match;
      if (performance.now() > deadline)
        throw new Error(`no output matches ${text}; out: ${this.out}; err: ${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The port that the program prints once it has started. */
  async port(): Promise<number> {
    const [, port] = await this.says(/^port (\d+)$/m);
    return Number(port);
  }
}

/** Sends a GET request and returns the body of the answer. */
export async function get(port: number, path = "/"): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: "close" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return await response.text();
}

/** The source of a program whose route answers with the value that `./answer.js` exports. */
export function serverCode(options: object = {}): string {
  const given = JSON.stringify({ host: "127.0.0.1", port: 0, idleGrace: 0, ...options });
  return `
    import { Packetron } from "@packetron/core";
    import { answer } from "./answer.js";
    const server = new Packetron(${given});
    server.handle({ routePath: "/", handler: (request, response) => response.sendTextPlain(answer) });
    server.handle({ routePath: "users/:id", maxRequestSizeInBytes: 2048, flags: ${1 << 9}, handler() {} });
    await server.start();
    if (server.isPrimary) console.log("port " + server.port);
  `;
}

/** Makes a project with the program of {@link serverCode}. */
export function makeServerProject(options: object = {}): Project {
  const project = makeProject();
  project.write("package.json", '{ "type": "module" }');
  project.write("answer.js", 'export const answer = "one";');
  project.write("server.js", serverCode(options));
  return project;
}
