/** A redis-server of a test file, on a Unix socket in a directory of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Whether `redis-server` is installed. Without it the tests that need it are skipped; see .ci/run. */
export const hasRedis: boolean = spawnSync("redis-server", ["--version"]).status === 0;

if (!hasRedis) {
  const message = "redis-server is not installed: the tests of @packetron/redis that need it are skipped";
  if (process.env["PACKETRON_TEST_REDIS"] === "required") throw new Error(message);
  process.stderr.write(`${message}\n`);
}

/** A redis-server that a test can kill, stop and start again. */
export class TestRedis {
  readonly socket: string;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
    this.socket = join(directory, "redis.sock");
  }

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await mkdtemp(join(tmpdir(), "packetron-redis-")));
    await redis.start();
    return redis;
  }

  /** Starts an empty server. */
  async start(): Promise<void> {
    const options = ["--port", "0", "--unixsocket", this.socket, "--save", "", "--appendonly", "no"];
    this.#child = spawn("redis-server", [...options, "--dir", this.#directory], { stdio: "ignore" });
    await answers(this.socket);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** Freezes the server: it takes connections and bytes, and answers nothing. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Sends a command in Redis' own text form, and waits for the answer. */
  async command(text: string): Promise<string> {
    const socket = connect(this.socket);
    socket.write(`${text}\r\n`);
    const [answer] = await once(socket, "data");
    socket.destroy();
    return String(answer);
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Waits until a server answers on its socket. */
async function answers(path: string): Promise<void> {
  for (;;) {
    const socket = connect(path);
    socket.on("error", () => {});
    socket.write("PING\r\n");
    const [answer] = await Promise.race([once(socket, "data"), once(socket, "close")]).catch(() => []);
    socket.destroy();
    if (String(answer).startsWith("+PONG")) return;
    await pause(5);
  }
}
