/** Static files in a cluster of real processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import { makeFolder } from "../_site.ts";

/** Starts the program, and returns the first line that it prints. */
async function startApp(
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ child: ChildProcess; output: Record<string, unknown> }> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", fixtureFile("static/static-app")],
    {
      env: { ...process.env, ...env, DIRECTORY: directory },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL")); // the workers exit with their primary
  const { stdout } = child;
  let text = "";
  while (!text.includes("\n")) text += String((await once(stdout, "data"))[0]);
  return { child, output: JSON.parse(text.slice(0, text.indexOf("\n"))) };
}

test("all workers give a file the same tag, and stop with the cluster", async () => {
  const { child, output } = await startApp(makeFolder({ "a.txt": "a" }));
  const tags = new Set<string | null>();
  const workers = new Set<string | null>();
  // Three connections each round: with two, each worker would get only one of the paths, because connections alternate.
  for (let round = 0; round < 8 || (workers.size < 2 && round < 100); round++) {
    const headers = { connection: "close" };
    await (await fetch(`http://127.0.0.1:${output["port"]}/sent`, { headers })).text();
    const sent = await fetch(`http://127.0.0.1:${output["port"]}/sent`, { headers });
    const served = await fetch(`http://127.0.0.1:${output["port"]}/static/a.txt`, { headers });
    expect([await sent.text(), await served.text()]).toEqual(["a", "a"]);
    tags.add(sent.headers.get("etag")).add(served.headers.get("etag"));
    workers.add(sent.headers.get("worker"));
  }
  expect([...workers].toSorted()).toEqual(["1", "2"]);
  expect(tags.size).toBe(1);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test.each(["direct", "standard"])(
  "every worker redirects a directory and falls back to the application, %s dispatch",
  async (dispatch) => {
    const directory = makeFolder({ "index.html": "app", "docs/index.html": "docs" });
    const env = { FALLBACK: "index.html", PACKETRON_DISPATCH: dispatch };
    const { child, output } = await startApp(directory, env);
    const origin = `http://127.0.0.1:${output["port"]}`;
    const workers = new Set<string | null>();
    for (let round = 0; round < 8 || (workers.size < 2 && round < 100); round++) {
      const headers = { connection: "close", accept: "text/html" };
      const redirect = await fetch(`${origin}/docs?q`, { headers, redirect: "manual" });
      expect([redirect.status, redirect.headers.get("location")]).toEqual([301, "/docs/?q"]);
      const page = await fetch(`${origin}/users/${round}`, { headers });
      expect([page.status, await page.text(), page.headers.get("vary")]).toEqual([200, "app", "Accept"]);
      const refused = await fetch(`${origin}/users/7`, {
        headers: { ...headers, accept: "application/json" },
      });
      expect(refused.status).toBe(404);
      workers.add(page.headers.get("worker"));
    }
    expect([...workers].toSorted()).toEqual(["1", "2"]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  },
);

test("a missing fallback fails the workers, and start() rejects with their error", async () => {
  const { child, output } = await startApp(makeFolder(), { FALLBACK: "index.html" });
  expect(output["message"]).toContain("serve() cannot fall back to the file");
  if (child.exitCode === null) await once(child, "exit");
});

test("a missing directory fails the workers, and start() rejects with their error", async () => {
  const { child, output } = await startApp(join(makeFolder(), "missing"));
  expect(String(output["code"])).toMatch(/^PKT_/);
  expect(output["message"]).toContain("serve() cannot serve the directory");
  expect(output["message"]).toContain("it does not exist");
  if (child.exitCode === null) await once(child, "exit");
});
