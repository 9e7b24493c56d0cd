/** A user's project with a temporary directory of its own, and the command line run in it as a real process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const packages = fileURLToPath(new URL("../../..", import.meta.url));
const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));

/** How long anything may take before the test fails, in milliseconds. */
export const PATIENCE = 30_000;

/** A folder in which programs can import core by its name. */
export interface Project {
  readonly path: string;
  /** What `TMPDIR` is for everything that runs in it. */
  readonly temporary: string;
  write(file: string, text: string): void;
  /** Runs the command line in it. */
  cli(...words: readonly string[]): Running;
  /** Runs it to its end. */
  run(...words: readonly string[]): Promise<Ended>;
}

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Makes a project; the end of the test removes it. */
export function makeProject(): Project {
  const path = mkdtempSync(join(realpathSync(tmpdir()), "cli-"));
  const temporary = join(path, ".tmp");
  mkdirSync(temporary);
  mkdirSync(join(path, "node_modules/@packetron"), { recursive: true });
  symlinkSync(join(packages, "core"), join(path, "node_modules/@packetron/core"));
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

/** A command that runs; nothing of it outlives the test. */
export class Running {
  readonly child: ChildProcess;
  /** Resolves with the exit code once the output is read. */
  readonly ended: Promise<number | null>;
  out = "";
  err = "";

  constructor(cwd: string, temporary: string, words: readonly string[]) {
    // Its own process group, as in a terminal.
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

  /** Sends a signal to it and to everything that it started. */
  signal(signal: NodeJS.Signals): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
    } catch {
      // Nothing is left.
    }
  }

  /** Waits for a text in its output, or in its errors. */
  async says(text: RegExp, where: "out" | "err" = "out"): Promise<RegExpExecArray> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const match = text.exec(this[where]);
      if (match !== null) return match;
      if (performance.now() > deadline)
        throw new Error(`waited in vain for ${text}; out: ${this.out}; err: ${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The port that the program prints once it has started. */
  async port(): Promise<number> {
    const [, port] = await this.says(/^port (\d+)$/m);
    return Number(port);
  }
}

/** The text of an answer. */
export async function get(port: number, path = "/"): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: "close" },
    signal: AbortSignal.timeout(PATIENCE),
  });
  return await response.text();
}

/** A program with a route that answers with the value of `./answer.js`. */
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

/** Makes a project with that program. */
export function makeServerProject(options: object = {}): Project {
  const project = makeProject();
  project.write("package.json", '{ "type": "module" }');
  project.write("answer.js", 'export const answer = "one";');
  project.write("server.js", serverCode(options));
  return project;
}
