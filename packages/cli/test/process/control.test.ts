import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { get, makeProject, makeServerProject, type Project, Running } from "./_cli.ts";

/** Starts the server of a project and waits until it answers. */
async function start(project: Project, ...words: string[]): Promise<{ running: Running; port: number }> {
  const running = project.cli("start", "server.js", ...words);
  return { running, port: await running.port() };
}

function directoryOf(project: Project): string {
  return join(project.temporary, `.packetroninternal-${process.geteuid?.()}`);
}

describe("a program with two workers", { timeout: 90_000 }, () => {
  test("is shown, reloaded with the code that is on disk now, and stopped", async () => {
    const project = makeServerProject({ maxThreads: 2 });
    const { running, port } = await start(project);

    const table = await project.run("status");
    expect(table).toMatchObject({ code: 0, err: "" });
    expect(table.out).toMatch(
      new RegExp(`^server  127\\.0\\.0\\.1:${port}  pid ${running.child.pid}  generation 1`),
    );
    expect(table.out.match(/ ready /g)).toHaveLength(2);
    const json = JSON.parse((await project.run("status", "--json")).out);
    expect(json).toMatchObject({
      name: "server",
      pid: running.child.pid,
      generation: 1,
      addresses: [{ port }],
    });
    expect(json.workers).toMatchObject([
      { id: 1, generation: 1, state: "ready" },
      { id: 2, generation: 1, state: "ready" },
    ]);

    const routes = await project.run("routes");
    expect(routes.out).toBe(
      [
        `127.0.0.1:${port}  2 routes`,
        "GET  /",
        "GET  /users/:id",
        "        flags   RAW_BODY",
        "        limits  body 2 KiB",
        "        gates   @packetron/core: bodyHead",
        "",
      ].join("\n"),
    );
    const [server] = JSON.parse((await project.run("routes", "--json")).out);
    expect(server.routes[1]).toMatchObject({
      method: "GET",
      path: "/users/:id",
      flags: ["RAW_BODY"],
      bodyLimit: 2048,
    });

    project.write("answer.js", 'export const answer = "two";');
    expect(await project.run("reload")).toEqual({
      code: 0,
      out: "server is reloaded: generation 2\n",
      err: "",
    });
    expect(await get(port)).toBe("two");

    expect(await project.run("stop")).toEqual({ code: 0, out: "server has stopped\n", err: "" });
    expect(await running.ended).toBe(0);
    expect(readdirSync(directoryOf(project))).toEqual([]);
    const nothing = await project.run("status");
    expect(nothing).toEqual({ code: 3, out: "", err: "error: No application of this user is running.\n" });
  });

  test("keeps its workers when the new code does not start: exit code 1, and the reason", async () => {
    const project = makeServerProject({ maxThreads: 2 });
    const { port } = await start(project);
    project.write("answer.js", 'throw new Error("no database");');
    const { code, out, err } = await project.run("reload");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^error: reload: .*Worker \d/);
    expect(await get(port)).toBe("one");
  });
});

test("a program of one process is shown as one row, and refuses a reload with the reason", {
  timeout: 60_000,
}, async () => {
  const project = makeServerProject({ maxThreads: 1 });
  const { running } = await start(project);
  const { out } = await project.run("status");
  expect(out).toMatch(new RegExp(`^ +– +${running.child.pid} +1 +ready`, "m"));
  expect((await project.run("routes")).out).toContain("GET  /users/:id");
  const { code, err } = await project.run("reload");
  expect(code).toBe(1);
  expect(err).toContain("one process cannot be replaced without a gap");
  expect((await project.run("stop")).code).toBe(0);
  expect(await running.ended).toBe(0);
});

test("stop and reload from another folder list the only program and do not touch it", async () => {
  const project = makeServerProject({ maxThreads: 1 });
  const { running, port } = await start(project);
  for (const command of ["stop", "reload"]) {
    const elsewhere = new Running(project.temporary, project.temporary, [command]);
    expect(await elsewhere.ended).toBe(2);
    expect(elsewhere.err).toContain(
      "No application was started in this folder; choose one with --name or --pid.",
    );
    expect(elsewhere.err).toContain(String(running.child.pid));
  }
  expect(await get(port)).toBe("one");
  const named = new Running(project.temporary, project.temporary, ["stop", "--name", "server"]);
  expect([await named.ended, await running.ended]).toEqual([0, 0]);
});

test("a command for one of two programs needs --name or --pid", { timeout: 60_000 }, async () => {
  const project = makeServerProject({ maxThreads: 1 });
  const [first, second] = await Promise.all([
    start(project, "--name", "shop"),
    start(project, "--name", "api"),
  ]);
  const several = await project.run("stop");
  expect(several.code).toBe(2);
  expect(several.err).toMatch(
    /^error: Several applications are running; choose one with --name or --pid\. These are running:\n/,
  );
  for (const { running } of [first, second]) expect(several.err).toContain(` ${running.child.pid} `);

  expect((await project.run("stop", "--name", "shop")).out).toBe("shop has stopped\n");
  expect(await first.running.ended).toBe(0);
  const unknown = await project.run("stop", "--name", "shop");
  expect([unknown.code, unknown.err.split("\n")[0]]).toEqual([
    3,
    'error: No application with the name "shop" is running. These are running:',
  ]);
  expect((await project.run("stop", "--pid", String(second.running.child.pid))).out).toBe(
    "api has stopped\n",
  );
  expect(await second.running.ended).toBe(0);
});

test("the registration file of a killed program is removed, and no request is sent to it", {
  timeout: 60_000,
}, async () => {
  const project = makeServerProject({ maxThreads: 1 });
  const { running } = await start(project);
  expect(readdirSync(directoryOf(project))).toHaveLength(2);
  running.signal("SIGKILL");
  await running.ended;
  expect(readdirSync(directoryOf(project))).toHaveLength(2);
  expect((await project.run("status")).code).toBe(3);
  expect(readdirSync(directoryOf(project))).toEqual([]);
});

test("a program whose directory other users may enter starts with a warning, and commands refuse to use it", {
  timeout: 60_000,
}, async () => {
  const project = makeServerProject({ maxThreads: 1 });
  const other = await start(project);
  chmodSync(directoryOf(project), 0o755);
  const { running, port } = await start(project, "--name", "open");
  expect(await get(port)).toBe("one");
  await running.says(/no control socket: .*others may enter it/s, "err");
  const { code, err } = await project.run("status");
  expect([code, err]).toEqual([1, expect.stringContaining("others may enter it (mode 755, expected 700)")]);
  running.child.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  other.running.child.kill("SIGTERM");
});

test("a program that does not answer in time is a failure, not an endless wait", {
  timeout: 60_000,
}, async () => {
  const project = makeProject();
  project.write("package.json", '{ "type": "module" }');
  project.write("answer.js", 'export const answer = "one";');
  project.write(
    "server.js",
    `import { Packetron } from "@packetron/core";
     const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, drainTimeout: 20_000 });
     server.handle({ routePath: "/", handler() { console.log("asked"); } });
     await server.start();
     console.log("port " + server.port);`,
  );
  const { running, port } = await start(project);
  const hanging = get(port).catch(() => "cut");
  await running.says(/^asked$/m);
  const { code, err } = await project.run("stop", "--timeout", "0.5");
  expect(code).toBe(1);
  expect(err).toMatch(/got the request to stop, but still runs after 500 ms/);
  running.signal("SIGKILL");
  expect(await hanging).toBe("cut");
});
