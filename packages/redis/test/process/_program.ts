/** Programs of several workers with `redis()`, each in a process group of its own. */
import { spawn } from "node:child_process";
import { Agent, get } from "node:http";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";

/** A running program. */
export interface Program {
  /** The body of an answer, with its status and how long it took, in milliseconds. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string; readonly took: number }>;
  /** Calls a function with each line of its output. */
  onLine(hear: (line: string) => void): void;
  /** Kills the primary and its workers. */
  kill(): void;
}

/** Starts a program on a Redis. It is killed when the test ends. */
export async function startProgram(socket: string, workers = 2): Promise<Program> {
  const file = fixtureFile("redis/program");
  const args = ["--disable-warning=ExperimentalWarning", file, socket, String(workers)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"], detached: true });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const lines = createInterface(child.stdout);
  const kill = (): void => {
    agent.destroy();
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It was killed before.
    }
  };
  onTestFinished(kill);
  const port = await new Promise<number>((resolve, reject) => {
    lines.once("line", (line) => resolve(Number(/listening on (\d+)/.exec(line)?.[1])));
    child.once("exit", () => reject(new Error("the program has ended")));
  });
  return {
    kill,
    onLine: (hear) => void lines.on("line", hear),
    ask: (path) =>
      new Promise((resolve, reject) => {
        const began = performance.now();
        const sent = get({ host: "127.0.0.1", port, path, agent }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk) => {
            text += chunk;
          });
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, text, took: performance.now() - began }),
          );
        });
        sent.setTimeout(10_000, () => sent.destroy(new Error("no answer")));
        sent.on("error", reject);
      }),
  };
}
