/** Helpers: a cluster that counts its answers, and clients that count what they see. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { createInterface, type Interface } from "node:readline";
import { onTestFinished } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";

/** A running cluster. */
export interface Cluster {
  readonly child: ChildProcess;
  readonly port: number;
  /** The lines that the program prints. */
  readonly lines: Interface;
}

/** Starts the cluster in its own process group, which is killed at the end of the test. */
export async function startCluster(workers: number): Promise<Cluster> {
  const program = fixtureFile("metrics/counting-cluster");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, WORKERS: String(workers) },
    detached: true,
  });
  onTestFinished(() => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, "line");
  return { child, lines, port: JSON.parse(String(line)).port };
}

/** Reloads the cluster. */
export async function reload({ child, lines }: Cluster): Promise<unknown> {
  const printed = once(lines, "line");
  child.kill("SIGUSR2");
  const [line] = await printed;
  return JSON.parse(String(line)).reload;
}

/** Gets the body of an answer; rejects when the connection breaks. */
export async function fetchText(
  port: number,
  path: string,
  { agent = false, headers = {} }: { agent?: Agent | false; headers?: Record<string, string> } = {},
): Promise<string> {
  const sent = get({ host: "127.0.0.1", port, path, agent, headers });
  sent.setTimeout(15_000, () => sent.destroy(new Error(`no answer to ${path}`)));
  const [response] = await once(sent, "response");
  let body = "";
  for await (const part of response.setEncoding("utf8")) body += part;
  return body;
}

/** Clients that count what they see, by the process that answered. */
export class Clients {
  /** When each answer of a process arrived, by its id. */
  readonly seen = new Map<string, number[]>();
  /** How many requests had no answer, because their connection broke. */
  broken = 0;
  /** How many clients there are; each has one request at a time. */
  readonly size: number;
  readonly #port: number;
  #left = 0;

  constructor(port: number, size: number) {
    this.#port = port;
    this.size = size;
  }

  /** How many answers have arrived. */
  get total(): number {
    return [...this.seen.values()].reduce((sum, times) => sum + times.length, 0);
  }

  /** Resolves when the clients have so many further answers, together. */
  async run(requests: number): Promise<void> {
    this.#left = requests;
    await Promise.all(Array.from({ length: this.size }, () => this.#runOne()));
  }

  async #runOne(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (this.#left > 0) {
      this.#left--;
      try {
        const pid = await fetchText(this.#port, "/count", { agent });
        const times = this.seen.get(pid) ?? [];
        this.seen.set(pid, times);
        times.push(performance.now());
      } catch {
        this.broken++;
        this.#left++;
      }
    }
    agent.destroy();
  }
}

/** Connections that stay open, one to each of two workers. */
export async function connectToBoth(port: number): Promise<readonly [Agent, Agent]> {
  const first = new Agent({ keepAlive: true, maxSockets: 1 });
  const worker = await fetchText(port, "/block/0", { agent: first });
  for (;;) {
    const second = new Agent({ keepAlive: true, maxSockets: 1 });
    if ((await fetchText(port, "/block/0", { agent: second })) !== worker) return [first, second];
    second.destroy();
  }
}

/** The values of the samples of a text, by name and labels. */
export function readSamples(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** The names of families that only grow. */
export function readCounters(text: string): Set<string> {
  const names = text.matchAll(/^# TYPE (\S+) (counter|histogram)$/gm);
  return new Set([...names].map(([, name = ""]) => name));
}
