import { describe, expect, test, vi } from "vitest";
import { get, makeServerProject, serverCode, TIMEOUT_MS } from "./_cli.ts";

/** Sends requests until the answer is the expected one. */
async function answers(port: number, wanted: string): Promise<void> {
  await vi.waitFor(async () => expect(await get(port)).toBe(wanted), { timeout: TIMEOUT_MS, interval: 50 });
}

describe("packetron dev", { timeout: 90_000 }, () => {
  test("runs one worker, and reloads changed files without refusing a request", async () => {
    // A client that connects when the old worker begins to drain has this long to send its request.
    const project = makeServerProject({ maxThreads: 4, idleGrace: 500 });
    const running = project.cli("dev", "server.js");
    const port = await running.port();
    expect(await get(port)).toBe("one");
    const { workers } = JSON.parse((await project.run("status", "--json")).out);
    expect(workers).toHaveLength(1);

    let asking = true;
    const seen = new Set<string>();
    const load = (async () => {
      while (asking) seen.add(await get(port)); // a request that fails fails the test
    })();
    project.write("answer.js", 'export const answer = "two";');
    await answers(port, "two");
    await running.says(/answer\.js has changed[\s\S]*reloaded, generation 2/, "err");
    asking = false;
    await load;
    expect([...seen].toSorted()).toEqual(["one", "two"]);

    running.signal("SIGINT"); // like Ctrl-C, the signal goes to every process of the group
    expect(await running.ended).toBe(0);
    expect((await project.run("status")).code).toBe(3);
  });

  test("continues with the old code while the new code does not start, shows the faulty line, and reloads the fixed code", async () => {
    const project = makeServerProject();
    const running = project.cli("dev", "server.js");
    const port = await running.port();
    project.write("answer.js", "export const answer = ;");
    await running.says(/not reloaded, the previous version continues: /, "err");
    expect(running.err).toMatch(
      /answer\.js:1\nexport const answer = ;\n +\^\n\nSyntaxError: Unexpected token ';'\n {4}at … \(\d+ frames of Node/,
    );
    expect(running.err).not.toContain("node:internal");
    expect(await get(port)).toBe("one");
    project.write("answer.js", 'export const answer = "three";');
    await answers(port, "three");
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
  });

  test("prints the error of a worker that does not start once, with the line of the program", async () => {
    const project = makeServerProject();
    const failing = serverCode().replace(
      "await server.start",
      'if (server.role === "worker") throw new Error("no database");\nawait server.start',
    );
    project.write("server.js", failing);
    const running = project.cli("dev", "server.js");
    await running.says(/the program ended with exit code 1; waiting for a change/, "err");
    expect(running.err.match(/no database/g)).toHaveLength(2); // in the line of code and in the message
    expect(running.err).toMatch(/Error: no database\n {4}at file:.*server\.js:\d+:/);

    project.write("server.js", serverCode());
    const port = await running.port();
    running.err = "";
    project.write("server.js", failing);
    await running.says(
      /not reloaded, the previous version continues: the error of the new worker is above/,
      "err",
    );
    expect(running.err.match(/no database/g)).toHaveLength(2);
    expect(await get(port)).toBe("one");
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
  });

  test("waits for a change when the program does not start at all, and restarts it when its port changes", async () => {
    const project = makeServerProject();
    project.write("server.js", 'throw new Error("not yet");');
    const running = project.cli("dev", "server.js");
    await running.says(/Error: not yet\n {4}at file:.*server\.js:1:7\n {4}at … \(\d+ frames/, "err");
    await running.says(/the program ended with exit code 1; waiting for a change/, "err");
    project.write("server.js", serverCode());
    const port = await running.port();
    expect(await get(port)).toBe("one");

    running.out = "";
    project.write("server.js", serverCode({ host: "localhost" }));
    const other = await running.port();
    expect(await get(other)).toBe("one");
    running.signal("SIGINT");
    expect(await running.ended).toBe(0);
  });
});
