import { existsSync, statSync } from "node:fs";
import { request } from "node:http";
import { json } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { PacketronDistribution, type ServerOptions } from "../../src/index.ts";
import { socketPath } from "../cluster/ports/_socket-path.ts";
import { Running } from "./_cluster-child.ts";

interface Answer {
  readonly pid: number;
  readonly worker: number;
  readonly ip: string;
  readonly address: string;
}

const WORKERS = 2;

function run(options: ServerOptions): Running {
  const OPTIONS = JSON.stringify({ maxThreads: WORKERS, minReadyTime: 0, ...options });
  const program = new Running("_fixtures/socket-app.ts", { OPTIONS });
  program.size = WORKERS;
  return program;
}

/** Sends a request on a connection of its own. */
function ask(path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: path, path: "/", agent: false, timeout: 15_000 }, (response) => {
      json(response).then((value) => resolve(value as Answer), reject);
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", reject).end();
  });
}

describe.skipIf(process.platform === "win32")("workers behind a Unix socket", () => {
  test.each([
    [PacketronDistribution.LEAST_CONNECTIONS, false],
    [PacketronDistribution.ROUND_ROBIN, false],
    [PacketronDistribution.STICKY_IP, true],
  ])("with %s all of them answer, and SIGTERM removes the file", async (distribution, warns) => {
    const path = socketPath();
    const program = run({ distribution, socket: { path, mode: 0o600 } });
    await program.started();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(path)));
    expect(new Set(answers.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    expect(answers.map(({ pid }) => pid)).not.toContain(program.child.pid);
    expect(answers[0]).toMatchObject({ ip: "", address: path });
    expect(program.errors.includes("no address to stick to: using LEAST_CONNECTIONS")).toBe(warns);
    expect(program.errors).toContain(`listening on ${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    program.child.kill("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(existsSync(path)).toBe(false);
  });

  test("a reload keeps the socket and fails no request", async () => {
    const path = socketPath();
    const program = run({ socket: { path } });
    await program.started();
    const before = statSync(path).ino;
    const pids = new Set<number>();
    let loading = true;
    const load = async (): Promise<void> => {
      while (loading) pids.add((await ask(path)).pid);
    };
    const loads = [load(), load(), load(), load()];
    program.command("reload");
    await program.hear("reloaded", { ok: true, generation: 2 });
    await program.until(
      () =>
        program
          .workers()
          .slice(WORKERS)
          .every((pid) => pids.has(pid)),
      "new workers",
    );
    loading = false;
    await Promise.all(loads);
    expect(pids.size).toBe(2 * WORKERS);
    expect(statSync(path).ino).toBe(before);
  });

  test("the socket of a killed program is replaced, and that of a running one is in use", async () => {
    const path = socketPath();
    const killed = run({ socket: { path }, maxThreads: 1 });
    await killed.hear("started");
    killed.child.kill("SIGKILL");
    await killed.ended;
    expect(existsSync(path)).toBe(true);
    const program = run({ socket: { path } });
    await program.started();
    const second = run({ socket: { path } });
    const [line] = await second.hear("rejected", { role: "primary" });
    expect(line?.["message"]).toContain(`The socket ${path} is in use`);
    expect((await ask(path)).address).toBe(path);
  });
});
