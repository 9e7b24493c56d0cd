/** A program on disk whose code changes while it runs, like in a deployment. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inject, onTestFinished } from "vitest";
import type { ServerOptions } from "../../src/config/options.ts";
import { Running } from "./_cluster-child.ts";

/**
 * The module that the programs import. The full test layer measures times that users see, so it uses the built package
 * (`test:full` builds it first).
 */
function source(): string {
  return process.env["PACKETRON_TEST_FULL"]
    ? new URL("../../dist/index.js", import.meta.url).href
    : pathToFileURL(join(inject("bundles"), "node_modules/@packetron/core/dist/index.js")).href;
}

/** The kinds of builds, with the code that workers run before the server starts. */
export const BUILDS = {
  sound: "",
  throws: 'throw new Error("broken build")',
  rejects: 'server.onReady(async () => { throw new Error("no database") })',
  hangs: "server.onReady(() => new Promise(() => {}))",
  blocks: "server.onReady(() => { for (;;); })",
  crashes: 'server.on("listening", () => setTimeout(() => { throw new Error("broken later") }, 200))',
  exits: 'server.on("listening", () => setTimeout(() => process.exit(7), 200))',
  "exits later": 'server.on("listening", () => setTimeout(() => process.exit(7), 1_500))',
} as const;

/** A kind of build. */
export type Build = keyof typeof BUILDS;

/** A program in its own folder. */
export class Program {
  readonly #folder: string;
  readonly #file: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "packetron-build-"));
    onTestFinished(() => rmSync(this.#folder, { recursive: true }));
    this.#file = this.path("app.mjs");
  }

  /** The absolute path of a file beside the program; it is deleted with it. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Writes a version, which every answer contains. `code` runs in every process before the server starts. */
  write(version: number, build: Build = "sound", code = ""): void {
    writeFileSync(this.#file, programOf(version, BUILDS[build], code));
  }

  /**
   * Runs it with two workers, unless the options say otherwise; `wrapper` is a command in front of node. The successor of a
   * worker gets connections at once, except in the full layer and in tests about its trial: a reload does not take seconds.
   */
  run(
    options: ServerOptions = {},
    wrapper: readonly string[] = [],
    nodeOptions: readonly string[] = [],
  ): Running {
    const trial = process.env["PACKETRON_TEST_FULL"] ? {} : { minReadyTime: 50 };
    // On a busy machine these clients may pause for longer than the default of 500 ms, and then send a request on a
    // connection that the server has just closed as idle. No server can prevent that (RFC 9112 section 9.5).
    const idleGrace = 5_000;
    const settings = { host: "127.0.0.1", port: 0, maxThreads: 2, idleGrace, ...trial, ...options };
    const env = {
      SETTINGS: JSON.stringify(settings),
      PACKETRON_LOG: "json",
      PACKETRON_LOG_LEVEL: "debug",
    };
    const running = new Running(pathToFileURL(this.#file).href, env, nodeOptions, wrapper);
    running.size = settings.maxThreads;
    return running;
  }
}

/** The source of the program. It reads commands to the primary from stdin, and prints events as JSON lines. */
function programOf(version: number, inWorkers: string, code: string): string {
  return `
import { createInterface } from "node:readline";
import { Packetron } from ${JSON.stringify(source())};

const server = new Packetron(JSON.parse(process.env.SETTINGS));
const version = ${version};
process.stdout.on("error", () => {}); // the reader may exit
const print = (event, facts = {}) =>
  process.stdout.write(JSON.stringify({ event, pid: process.pid, role: server.role, ...facts }) + "\\n");

if (server.role !== "primary") {
  ${inWorkers};
}
${code};
server.onReady(() => print("getting ready", { version }));
server.onStop(() => print("onStop", { version }));
server.on("draining", (scope) => print("draining", { scope, version }));
server.drainSignal.addEventListener("abort", () => print("closing", { version }));
const identify = (response) => response.sendJson({ pid: process.pid, role: server.role, worker: server.workerId, version });
server.handle({ routePath: "/", handler: (request, response) => identify(response) });
server.handle({
  routePath: "slow/:ms",
  handler: (request, response) => void setTimeout(() => identify(response), Number(request.params.ms)),
});
server.handle({
  routePath: "stream",
  handler: (request, response) => {
    response.write("begun");
    server.drainSignal.addEventListener("abort", () => response.end(), { signal: request.signal });
  },
});
server.handle({
  routePath: "reload",
  handler: async (request, response) => response.sendJson({ pid: process.pid, ...(await server.reload()) }),
});
server.handle({
  routePath: "throw",
  handler: (request, response) => {
    identify(response);
    setTimeout(() => { throw new RangeError("thrown in a timer"); }, 10);
  },
});
server.handle({
  routePath: "reject",
  handler: (request, response) => {
    identify(response);
    Promise.reject(new RangeError("rejected without a handler"));
  },
});
server.handle({ routePath: "block", handler: () => { for (;;); } });
server.handle({
  routePath: "grow",
  handler: () => {
    const kept = [];
    for (;;) kept.push(new Array(1e6).fill(kept.length));
  },
});
if (server.role !== "worker") {
  createInterface({ input: process.stdin }).on("line", async (command) => {
    if (command === "reload") print("reloaded", await server.reload());
    if (command === "status") print("status", { status: JSON.stringify(server.lifecycle.status()) });
    if (command === "stop") print("stop resolved", await server.stop());
    if (command === "throw") throw new RangeError("thrown in the primary");
  });
  process.stdin.unref();
}
await server.start();
print("started", { server: 0, worker: server.workerId, port: server.port, version });
`;
}
