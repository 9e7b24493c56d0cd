/** Runs an application in a real node process, and reads the lines that it prints. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { fixtureFile } from "./_fixture-file.ts";
import type { App } from "./_fixtures/cluster-app.ts";

/** A line of the application's output, as an object. */
export interface EventLine {
  readonly event: string;
  readonly pid: number;
  readonly [fact: string]: unknown;
}

/** An answer of the application. */
export interface Answer {
  readonly status: number;
  readonly pid: number;
  readonly role: string;
  readonly worker: number;
  /** The scheduling priority of the process that answered. */
  readonly priority: number;
  readonly headers: IncomingHttpHeaders;
}

/** How long a test waits for one event before it fails, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** Starts the fixture `cluster-app.ts`. All its processes are killed at the end of the test. */
export function runApp(app: App, env: NodeJS.ProcessEnv = {}): Running {
  const servers = app.servers.map((options) => ({ host: "127.0.0.1", port: 0, ...options }));
  const running = new Running("_fixtures/cluster-app.ts", {
    ...env,
    APP: JSON.stringify({ ...app, servers }),
  });
  running.size = Math.max(
    ...app.servers.map((options) => options.maxThreads ?? Number(env["PACKETRON_THREADS"])),
  );
  return running;
}

/** A running application. */
export class Running {
  readonly child: ChildProcess;
  readonly eventLines: EventLine[] = [];
  /** Resolves to the exit code and the signal once the output is read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  errors = "";
  /** The expected number of workers. */
  size = 0;
  #watchers: (() => void)[] = [];

  /**
   * @param file A fixture, which runs bundled: `"_fixtures/cluster-app.ts"`; or the URL of another program.
   * @param wrapper A command that runs the command line in its last arguments.
   */
  constructor(
    file: string,
    env: NodeJS.ProcessEnv,
    nodeOptions: readonly string[] = [],
    wrapper: readonly string[] = [],
  ) {
    const path = file.startsWith("_fixtures/")
      ? fixtureFile(`core/${basename(file, ".ts")}`)
      : fileURLToPath(new URL(file, import.meta.url));
    const [command = process.execPath, ...words] = [...wrapper, process.execPath, ...nodeOptions, path];
    // The application gets its own process group, so that the end of the test can kill all its processes.
    this.child = spawn(command, words, {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.child.stderr?.on("data", (chunk) => {
      this.errors += chunk;
    });
    if (this.child.stdout !== null)
      createInterface({ input: this.child.stdout }).on("line", (line) => this.#hear(line));
    this.ended = once(this.child, "exit").then(([code, signal]) => ({ code, signal }));
    onTestFinished(() => this.#killGroup());
  }

  /** All printed lines with this event name and these facts. */
  all(event: string, facts: Readonly<Record<string, unknown>> = {}): EventLine[] {
    return this.eventLines.filter(
      (line) => line.event === event && Object.entries(facts).every(([key, value]) => line[key] === value),
    );
  }

  /** Waits until a number of lines match. */
  async hear(event: string, facts: Readonly<Record<string, unknown>> = {}, count = 1): Promise<EventLine[]> {
    const wanted = `${count} × ${event} ${JSON.stringify(facts)}`;
    await this.until(() => this.all(event, facts).length >= count, wanted);
    return this.all(event, facts);
  }

  /** Resolves when standard error has this text: the text and an event of the same moment arrive on two pipes. */
  logs(text: string | RegExp): Promise<void> {
    const has = (): boolean =>
      typeof text === "string" ? this.errors.includes(text) : text.test(this.errors);
    return this.until(has, `standard error with ${text}`);
  }

  /** Waits for a condition, which is checked after every printed line and a few times a second. */
  until(holds: () => boolean, wanted: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!holds()) return;
        stop();
        resolve();
      };
      const again = setInterval(check, 20);
      const timer = setTimeout(() => {
        stop();
        reject(
          new Error(
            `no event matches ${wanted}; events: ${JSON.stringify(this.eventLines)}; stderr: ${this.errors}`,
          ),
        );
      }, TIMEOUT_MS);
      const stop = (): void => {
        clearInterval(again);
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((watcher) => watcher !== check);
      };
      this.#watchers.push(check);
      check();
    });
  }

  /** Waits until `start()` of a server has resolved in the primary and in the workers, and returns the port. */
  async started(server = 0): Promise<number> {
    const [line] = await this.hear("started", { server, role: "primary" });
    await this.hear("started", { server, role: "worker" }, this.size);
    return Number(line?.["port"]);
  }

  /** The texts of the log lines of the given level that match. */
  logged(level: string, wanted: RegExp = /^/): string[] {
    const texts = this.all("log", { level }).map((line) => String(line["message"]));
    return texts.filter((text) => wanted.test(text));
  }

  /** Sends a command to the primary. */
  command(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** The process ids of workers that have reported their start. */
  workers(): number[] {
    return [...new Set(this.all("started", { role: "worker" }).map((line) => line.pid))];
  }

  /** The process ids of all forked processes. */
  forked(): unknown[] {
    const lines = this.all("log", { level: "debug" }).filter((line) =>
      /^worker \d+ starts$/.test(String(line["message"])),
    );
    return lines.map((line) => Object(line["fields"]).pid);
  }

  /** The process ids of forked processes that still run. */
  living(): number[] {
    return this.workers().filter(isAlive);
  }

  #hear(line: string): void {
    if (line.startsWith("{")) this.eventLines.push(JSON.parse(line));
    for (const watcher of this.#watchers) watcher();
  }

  #killGroup(): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // The process group has exited.
    }
  }
}

/** Whether a process runs. A zombie, which is dead but not yet reaped, does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return (
      process.platform !== "linux" || !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
    );
  } catch {
    return false;
  }
}

/** Sends a request on its own connection, or on one of the agent. Rejects with the client's error. */
export function get(port: number, path = "/", agent: Agent | false = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, path, agent: agent === false ? new Agent() : agent, host: "127.0.0.1" },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => {
          const { pid, role, worker, priority } = JSON.parse(body === "" ? "{}" : body);
          resolve({
            status: response.statusCode ?? 0,
            pid,
            role,
            worker,
            priority,
            headers: response.headers,
          });
        });
        response.on("error", reject);
      },
    );
    sent.setTimeout(TIMEOUT_MS, () =>
      sent.destroy(new Error(`no answer to ${path} within ${TIMEOUT_MS} ms`)),
    );
    sent.on("error", reject);
    sent.end();
  });
}
