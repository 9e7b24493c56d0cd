/**
 * A program whose workers use shared services. The primary reads calls as JSON lines from stdin, and passes each one on to
 * the worker that it names. The worker prints the result.
 */
import cluster from "node:cluster";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { SharedServices } from "../../../src/capability/shared-services.ts";
import { type CapabilityHost, Packetron } from "../../../src/index.ts";

/** A call of the test. */
export interface Call {
  readonly id: number;
  /** The process id of the worker. */
  readonly pid: number;
  readonly name: keyof typeof calls;
  readonly args: readonly never[];
}

const hosts: CapabilityHost[] = [];
const probe = { name: "probe", install: (host: CapabilityHost) => void hosts.push(host) };
const server = new Packetron({
  host: "127.0.0.1",
  port: 0,
  maxThreads: Number(process.env["WORKERS"]),
  restartBackoff: 1,
  maxRestarts: 1_000,
  capabilities: [probe],
});

const shared = (): SharedServices => {
  const [host] = hosts;
  if (host === undefined) throw new Error("install() was not called");
  return host.shared();
};

const held = new Map<string, Awaited<ReturnType<SharedServices["locks"]["acquire"]>>>();
const calls = {
  async take(key: string, want: number) {
    return (await shared().leases.take(key, { limit: 5, window: 60_000, burst: 5 }, want)).granted;
  },
  add: (key: string, by: number) => shared().store.add(key, by),
  async acquire(name: string, ttl: number) {
    const lock = await shared().locks.acquire(name, ttl);
    if (lock !== null) held.set(name, lock);
    return lock === null ? null : String(lock.token);
  },
  renew: async (name: string) => held.get(name)?.renew(),
  /**
   * Makes random calls for a few keys, one after another, and writes into the file `HISTORY` when each one starts and ends.
   * A victim is killed in the middle of one more call.
   */
  async history(count: number, isVictim: boolean) {
    for (let made = 0; made < count; made++) await makeOperation();
    if (!isVictim) return;
    void makeOperation();
    setImmediate(() => process.kill(process.pid, "SIGKILL"));
  },
};

const KINDS = ["get", "set", "add", "update", "delete", "get", "add", "update"] as const;
let operations = 0;

async function makeOperation(): Promise<void> {
  const id = `${process.pid}:${++operations}`;
  const kind = KINDS[Math.floor(Math.random() * KINDS.length)] ?? "get";
  const key = `key ${Math.floor(Math.random() * 3)}`;
  const value = Math.floor(Math.random() * 1_000_000_000);
  // The monotonic clock of the system is the same for all processes.
  record("start", { id, kind, key, value, at: String(process.hrtime.bigint()) });
  try {
    const result = (await perform(kind, key, value)) ?? null;
    record("end", { id, result, at: String(process.hrtime.bigint()) });
  } catch {
    // The call may have taken effect, as that of a killed process.
  }
}

/** Writes at once: what a process has in the queue of its standard output is lost when it is killed. */
function record(event: string, facts: object): void {
  appendFileSync(process.env["HISTORY"] ?? "", `${JSON.stringify({ event, ...facts })}\n`);
}

function perform(kind: (typeof KINDS)[number], key: string, value: number): Promise<unknown> {
  if (kind === "set") return server.shared.set(key, value);
  if (kind === "add") return server.shared.add(key, value);
  if (kind === "update") return server.shared.update<number>(key, (current = 0) => current + 1);
  return server.shared[kind](key);
}

function print(event: string, facts: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, pid: process.pid, ...facts })}\n`);
}

async function run({ id, name, args }: Call): Promise<void> {
  try {
    print("result", { id, value: (await Reflect.apply(calls[name], calls, args)) ?? null });
  } catch (error) {
    print("result", { id, error: String(error) });
  }
}

if (server.role === "worker") process.on("message", (call: Call) => void run(call));
await server.start();
print("started", { role: server.role, worker: server.workerId, port: server.port, server: 0 });
if (server.role === "primary")
  createInterface({ input: process.stdin }).on("line", (line) => {
    const call: Call = JSON.parse(line);
    const worker = Object.values(cluster.workers ?? {}).find((one) => one?.process.pid === call.pid);
    worker?.send(call);
  });
process.stdin.unref();
