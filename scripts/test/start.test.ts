/** Tests of `npx -y pnpm@12 start`, the first command of the README, and of a signal to its processes. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../_packages.ts";
import { type Program, startProgram } from "./_program.ts";

test.skipIf(process.platform === "win32").for([
  { target: "the process of npx", signal: (program: Program) => process.kill(program.pid, "SIGTERM") },
  { target: "its whole process group", signal: (program: Program) => process.kill(-program.pid, "SIGTERM") },
])("SIGTERM to $target ends all processes with exit code 0 and loses no request", async ({ signal }) => {
  const program = await startProgram(["npx", "-y", "pnpm@12", "start"], { cwd: root, env: { PORT: "0" } });
  const answer = await fetch(`${program.origin}/api/worker`);
  const { process: worker }: { process: number } = JSON.parse(await answer.text());

  const upload = beginUpload(`${program.origin}/api/echo`, '{"a":');
  await upload.begun;
  signal(program);
  setTimeout(() => upload.finish("1}"), 300);

  expect(await upload.answer).toBe('{"received":{"a":1}}');
  expect(await program.ended).toBe(0);
  expect(() => process.kill(worker, 0)).toThrow("ESRCH");
});

// Takes minutes on a machine that must download all packages first.
test.runIf(process.env.PACKETRON_TEST_FULL)(
  "a fresh clone starts with only Node and npm installed",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "packetron-clone-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const clone = join(folder, "packetron");
    execFileSync("git", ["clone", "--quiet", "--no-hardlinks", root, clone]);
    const path = (process.env.PATH ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));

    // pnpm sets this variable for its scripts to skip the check of the installation. A user's shell does not set it.
    const env = { PORT: "0", PATH: path.join(delimiter), pnpm_config_verify_deps_before_run: undefined };
    const program = await startProgram(["npx", "-y", "pnpm@12", "start"], {
      cwd: clone,
      env,
      timeoutMs: 240_000,
    });

    expect(await (await fetch(`${program.origin}/api/status`)).json()).toEqual({ status: "ok" });
    expect(await program.stop()).toBe(0);
  },
  300_000,
);

interface Upload {
  /** Resolves when the server has sent 100 Continue, so that the request is in flight. */
  readonly begun: Promise<void>;
  readonly answer: Promise<string>;
  finish(rest: string): void;
}

function beginUpload(url: string, start: string): Upload {
  const message = request(url, { method: "POST", headers: { Expect: "100-continue" } });
  const begun = new Promise<void>((resolve, reject) => {
    message.once("error", reject);
    message.once("continue", () => {
      message.write(start);
      resolve();
    });
  });
  const answer = new Promise<string>((resolve, reject) => {
    message.once("error", reject);
    message.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("end", () => resolve(text));
    });
  });
  message.flushHeaders();
  return { begun, answer, finish: (rest) => message.end(rest) };
}
