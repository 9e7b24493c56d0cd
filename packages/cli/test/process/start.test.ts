import { describe, expect, test } from "vitest";
import { get, makeProject, makeServerProject } from "./_cli.ts";

describe("packetron start", { timeout: 60_000 }, () => {
  test("runs a CommonJS program in its own process, as the main module, with its arguments and exit code", async () => {
    const project = makeProject();
    project.write(
      "program.cjs",
      `console.log(JSON.stringify({ pid: process.pid, main: require.main === module, argv: process.argv.slice(1) }));
       process.exitCode = 7;`,
    );
    const running = project.cli("start", "program", "--", "--threads", "9");
    expect(await running.ended).toBe(2); // node does not add the extension .cjs
    const named = project.cli("start", "program.cjs", "--", "--threads", "9");
    expect(await named.ended).toBe(7);
    expect(JSON.parse(named.out)).toEqual({
      pid: named.child.pid,
      main: true,
      argv: [`${project.path}/program.cjs`, "--threads", "9"],
    });
  });

  test("leaves an error during loading to the program's own handlers, as node does", async () => {
    const project = makeProject();
    project.write(
      "program.cjs",
      `process.on("uncaughtException", (error, origin) => console.log(error.message, origin));
       throw new Error("early");`,
    );
    expect(await project.run("start", "program.cjs")).toEqual({
      code: 0,
      out: "early uncaughtException\n",
      err: "",
    });
  });

  test("ends with 1 and node's own report when the program throws", async () => {
    const project = makeProject();
    project.write("program.mjs", 'throw new Error("no database");');
    const { code, err } = await project.run("start", "program.mjs");
    expect(code).toBe(1);
    expect(err).toContain("Error: no database");
  });

  test("is the primary of a server, passes --threads and --name to the program, and ends with a signal", async () => {
    const project = makeServerProject();
    project.write(
      "args.js",
      `import cluster from "node:cluster";
       if (cluster.isWorker) console.log("worker", process.argv.slice(1).join(" "), process.env.PACKETRON_NAME);
       await import("./server.js");`,
    );
    const words = ["start", "args.js", "--threads", "2", "-n", "shop", "--dispatch", "standard", "--", "-v"];
    const running = project.cli(...words);
    expect(await get(await running.port())).toBe("one");
    const lines = running.out.split("\n").filter((line) => line.startsWith("worker"));
    expect(lines).toEqual([1, 2].map(() => `worker ${project.path}/args.js -v shop`));
    // An orchestrator signals only this process; it is the primary itself.
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
  });
});
