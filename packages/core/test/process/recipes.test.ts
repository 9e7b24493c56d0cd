/** Tests of what the recipes in `docs/recipes` promise, beyond the output that their pages show. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { codeBlocks, readPage } from "../docs/_markdown.ts";
import { createProgramFolder } from "./_programs.ts";

test.skipIf(process.platform === "win32")(
  "docs/recipes/zero-downtime.md: a changed link and a reload serve the next release, and no request fails",
  async () => {
    const folder = createProgramFolder();
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [program] = codeBlocks(readPage("docs/recipes/zero-downtime.md"));
    for (const release of ["first", "second"]) {
      mkdirSync(join(folder, "releases", release), { recursive: true });
      const code = `${program?.code.replace("port: 3000", "port: 0")}\nif (process.send === undefined) console.log("port", server.port);\n`;
      writeFileSync(join(folder, "releases", release, "server.mjs"), code);
    }
    symlinkSync("releases/first", join(folder, "current"));
    const { child, port } = await start(folder);

    const answers: string[] = [];
    const ask = async (): Promise<string | undefined> => {
      const response = await fetch(`http://127.0.0.1:${port}/release`, { headers: { connection: "close" } });
      answers.push(await response.text());
      return answers.at(-1);
    };
    expect(await ask()).toBe('{"release":"first"}');

    symlinkSync("releases/second", join(folder, "next"));
    renameSync(join(folder, "next"), join(folder, "current"));
    child.kill("SIGHUP");
    while ((await ask()) !== '{"release":"second"}');

    expect(new Set(answers)).toEqual(new Set(['{"release":"first"}', '{"release":"second"}']));
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  },
);

/** Starts the release of the link with two workers. A process without a terminal reloads on SIGHUP. */
async function start(folder: string): Promise<{ child: ChildProcess; port: string }> {
  const child = spawn(process.execPath, ["current/server.mjs"], {
    cwd: folder,
    detached: true,
    env: { ...process.env, PACKETRON_THREADS: "2" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (;;) {
    const [chunk] = await once(child.stdout, "data");
    output += String(chunk);
    const port = /port (\d+)/.exec(output)?.[1];
    if (port !== undefined) return { child, port };
  }
}
