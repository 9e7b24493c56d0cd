import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { get, makeProject, type Project } from "./_cli.ts";

/** A project whose server is busy in a function with a name of its own. */
function makeBusyProject(): Project {
  const project = makeProject();
  project.write("package.json", '{ "type": "module" }');
  project.write(
    "server.js",
    `import { Packetron } from "@packetron/core";
    function findPrimes() {
      const end = performance.now() + 20;
      while (performance.now() < end);
    }
    const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 2, idleGrace: 0 });
    server.handle({ routePath: "/", handler: (_request, response) => { findPrimes(); response.sendTextPlain("one"); } });
    await server.start();
    if (server.isPrimary) console.log("port " + server.port);`,
  );
  return project;
}

/** The names of the functions in a profile that were sampled. */
function sampledFunctions(file: string): Set<string> {
  const { nodes, samples } = JSON.parse(readFileSync(file, "utf8"));
  const sampled = new Set<number>(samples);
  const found = nodes.filter(({ id }: { id: number }) => sampled.has(id));
  return new Set(
    found.map(({ callFrame }: { callFrame: { functionName: string } }) => callFrame.functionName),
  );
}

test("a worker writes a profile with the functions that it runs, and answers meanwhile", async () => {
  const project = makeBusyProject();
  const port = await project.cli("start", "server.js").port();
  const command = project.cli("profile", "1", "--seconds", "1", "--out", "one.cpuprofile");
  let isOver = false;
  void command.ended.finally(() => {
    isOver = true;
  });
  while (!isOver) expect(await get(port)).toBe("one"); // new connections, which both workers get
  const file = join(project.path, "one.cpuprofile");
  const [, size, pid] = /^.*one\.cpuprofile: (\d+) KiB, process (\d+)\n$/.exec(command.out) ?? [];
  expect([await command.ended, command.err]).toEqual([0, "profiling worker 1 of server for 1 s …\n"]);
  expect(Number(size)).toBe(Math.ceil(statSync(file).size / 1024));
  const status = JSON.parse((await project.run("status", "--json")).out);
  expect(status.workers[0].pid).toBe(Number(pid));
  expect(sampledFunctions(file)).toContain("findPrimes");
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const again = await project.run("profile", "1", "-s", "0.1", "-o", "one.cpuprofile");
  expect(again).toMatchObject({ code: 1, out: "" });
  expect(again.err).toContain("error: profile: EEXIST");

  const unknown = await project.run("profile", "9");
  expect(unknown.code).toBe(1);
  expect(unknown.err).toContain("there is no worker 9. Running: 1, 2, and 0 for the primary");

  const primary = await project.run("profile", "0", "--seconds", "0.1");
  expect(primary.code).toBe(0);
  expect(primary.out).toContain(`process ${status.pid}\n`);
  expect(readdirSync(project.path).filter((name) => /^server-0-.*\.cpuprofile$/.test(name))).toHaveLength(1);
}, 60_000);

test.each([
  ["no worker", ["profile"], 'error: "packetron profile" needs <worker>.'],
  ["a name", ["profile", "one"], 'needs the number of a worker, but got "one"'],
  ["two workers", ["profile", "1", "2"], 'Unexpected argument "2"'],
  [
    "no time",
    ["profile", "1", "--seconds", "0"],
    '--seconds needs a number of seconds, at most 600, but got "0"',
  ],
])("%s is wrong usage", async (_title, words, message) => {
  const project = makeProject();
  const { code, err } = await project.run(...words);
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(existsSync(join(project.path, "one.cpuprofile"))).toBe(false);
});
