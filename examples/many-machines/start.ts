/** Starts a Redis and three programs, and ends them when it gets a signal. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const folder = mkdtempSync(join(tmpdir(), "many-machines-"));
const socket = join(folder, "redis.sock");
const firstPort = Number(process.env["PORT"] ?? 3001);

const redis = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder], {
  stdio: "ignore",
});
redis.once("error", (error) => {
  console.error(`redis-server cannot be started (${error.message}). On Debian: apt-get install redis-server`);
  process.exit(1);
});
while (!existsSync(socket)) await pause(20);

const programs = [1, 2, 3].map((machine): ChildProcess => {
  const port = firstPort === 0 ? 0 : firstPort + machine - 1;
  const env = { ...process.env, MACHINE: String(machine), PORT: String(port), REDIS_SOCKET: socket };
  return spawn(process.execPath, ["server.ts"], { cwd: import.meta.dirname, env, stdio: "inherit" });
});

async function stop(): Promise<void> {
  await Promise.all(programs.map(end));
  await end(redis);
  rmSync(folder, { recursive: true, force: true });
  process.exit(programs.every(({ exitCode }) => exitCode === 0) ? 0 : 1);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

process.once("SIGINT", stop).once("SIGTERM", stop);
