/**
 * A program whose workers use shared services. The primary reads calls as JSON lines from stdin, and passes each one on to
 * the worker that it names. The worker prints the result.
 */
import cluster from "node:cluster";
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
  maxThreads: 2,
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
};

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
