/** Tests of the tarballs from a user's view: installed by npm in a separate folder, on each available Node version. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../_packages.ts";
import { addFixture, type Consumer, createConsumer, linkTools } from "./_consumer.ts";
import { startProgram } from "./_program.ts";
import { quickStart } from "./_quick-start.ts";
import { downloadedRuntime } from "./_runtimes.ts";

// Two projects of more than one describe block: npm takes eight seconds of CPU to install everything.
const everything = useConsumer(
  "consumer",
  inject("tarballs").map(({ name }) => name),
);
const coreAlone = useConsumer("parser", ["@packetron/core"]);

describe("a project with everything", () => {
  const consumer = everything;

  test("gets one copy of core", async () => {
    const locked = JSON.parse(await readFile(join(consumer().path, "package-lock.json"), "utf8"));
    const copies = Object.keys(locked.packages).filter((path) =>
      path.endsWith("node_modules/@packetron/core"),
    );
    expect(copies).toEqual(["node_modules/@packetron/core"]);
  });

  describe.each(inject("runtimes"))("on $label", ({ node, skipped }) => {
    test("has the command packetron, which prints its help, starts a program and finds it", async (context) => {
      if (node === undefined) return context.skip(skipped);
      await commandLine(node, consumer());
    });

    test.for(["server.cjs", "server.mjs"])(
      "%s serves the quick start from a cluster and stops",
      async (file, context) => {
        if (node === undefined) return context.skip(skipped);
        await quickStart([node, file], consumer().path);
      },
    );

    test("features.cjs uses a feature of every package", async (context) => {
      if (node === undefined) return context.skip(skipped);
      await useEverything([node, "features.cjs"], consumer().path);
    });
  });
});

describe("an old Node.js", () => {
  const consumer = coreAlone;
  const sentence = /Packetron needs Node\.js 20\.19 or newer .*, and this is v/;
  const importCore = ["--input-type=module", "--eval", 'import "@packetron/core"'];
  const requireCore = ["--eval", 'require("@packetron/core")'];

  test("without the function that loads modules of Node gets one sentence from import", async () => {
    const removal = "data:text/javascript,delete process.getBuiltinModule";
    await expect(consumer().run(process.execPath, "--import", removal, ...importCore)).rejects.toThrow(
      sentence,
    );
  });

  test("without require() of ES modules gets one sentence from require()", async () => {
    const version = "data:text/javascript,Object.defineProperty(process,'version',{value:'v18.20.0'})";
    const options = ["--no-experimental-require-module", "--import", version];
    await expect(consumer().run(process.execPath, ...options, ...requireCore)).rejects.toThrow(sentence);
  });

  test("is not what a new Node.js with another require() is taken for", async () => {
    const run = consumer().run(process.execPath, "--no-experimental-require-module", ...requireCore);
    await expect(run).rejects.toThrow("an ES module, which this require() cannot load, although Node.js v");
  });

  test.skipIf(process.env.PACKETRON_TEST_FULL === undefined)(
    "of version 18 gets it from both",
    async (context) => {
      const { node, skipped } = await downloadedRuntime(18);
      if (node === undefined) return context.skip(skipped);
      for (const arguments_ of [importCore, requireCore])
        await expect(consumer().run(node, ...arguments_)).rejects.toThrow(sentence);
    },
  );
});

describe("a project with core and body-json", () => {
  const consumer = useConsumer("core-only", ["@packetron/core", "@packetron/body-json"]);

  test("has nothing else installed", async () => {
    const installed = await readdir(join(consumer().path, "node_modules"), { recursive: true });
    expect(installed.filter((path) => path.endsWith("package.json")).sort()).toEqual([
      join("@packetron", "body-json", "package.json"),
      join("@packetron", "core", "package.json"),
    ]);
  });

  describe.each(inject("runtimes"))("on $label", ({ node, skipped }) => {
    test("serves in one process and stops", async (context) => {
      if (node === undefined) return context.skip(skipped);
      await quickStart([node, "server.mjs"], consumer().path);
    });
  });
});

describe("a TypeScript project", () => {
  const consumer = everything;
  beforeAll(async () => {
    await addFixture(consumer(), "typed");
    await linkTools(consumer(), ["@types/node"]);
  });

  test("compiles in strict mode against the published declarations, which are checked too", async () => {
    await expect(
      consumer().run(join(root, "node_modules/.bin/tsc"), "-p", ".", "--singleThreaded"),
    ).resolves.toBe("");
  });

  test("has the options and methods of every package with the dependency packetron only", async () => {
    const compiled = consumer().run(
      join(root, "node_modules/.bin/tsc"),
      "-p",
      "alone.json",
      "--singleThreaded",
    );
    await expect(compiled).resolves.toBe("");
  });
});

describe("a body parser written outside the repository", () => {
  const consumer = coreAlone;
  beforeAll(async () => {
    await linkTools(consumer(), ["@types/node"]);
    await consumer().run(join(root, "node_modules/.bin/tsc"), "-p", ".", "--singleThreaded");
  });

  test.for(inject("runtimes"))(
    "is typed and passes the conformance suite on $label",
    async ({ node, skipped }, context) => {
      if (node === undefined) return context.skip(skipped);
      const report = await consumer().run(node, "--test", "--test-reporter=tap", "dist/conformance.test.js");
      expect(report).toMatch(/^# fail 0$/m);
      expect(Number(/^# pass (\d+)$/m.exec(report)?.[1])).toBeGreaterThan(20);
    },
  );
});

/** Runs the installed command: prints the help, starts the quick start, finds it, and stops it. */
async function commandLine(node: string, { path, run }: Consumer): Promise<void> {
  const bin = join("node_modules", ".bin", "packetron");
  expect(await run(node, bin, "--help")).toContain("Usage: packetron <command> [options]");
  const command = [node, bin, "start", "server.mjs", "--threads", "2", "--name", "packed"];
  const { origin, stop } = await startProgram(command, { cwd: path, env: { NODE_OPTIONS: undefined } });
  expect(await (await fetch(`${origin}/api/status`)).json()).toEqual({ status: "ok" });
  expect(await run(node, bin, "status", "--name", "packed")).toMatch(/^packed {2}/);
  expect(await run(node, bin, "routes", "--name", "packed")).toContain("/api/status");
  expect(await stop("SIGTERM")).toBe(0);

  const developed = await startProgram([node, bin, "dev", "server.mjs"], {
    cwd: path,
    env: { NODE_OPTIONS: undefined },
  });
  expect(await (await fetch(`${developed.origin}/api/status`)).json()).toEqual({ status: "ok" });
  expect(await developed.stop("SIGTERM")).toBe(0);
}

/** Starts the program, uses one feature of each package, and stops it. */
async function useEverything(command: readonly string[], cwd: string): Promise<void> {
  const env = { NODE_OPTIONS: undefined, TMPDIR: cwd, TEMP: cwd, TMP: cwd };
  const { origin, output, stop } = await startProgram(command, { cwd, env });

  const form = new FormData();
  form.append("name", "Ada");
  form.append("file", new Blob(["12345"]), "five.txt");
  const bodies = [
    ["JSON_BODY", '{"a":1}', { body: { a: 1 }, sizes: [] }],
    ["PLAIN_TEXT_BODY", "text", { body: "text", sizes: [] }],
    ["XML_BODY", "<a><b>1</b></a>", { body: { a: { b: 1 } }, sizes: [] }],
    ["MULTIPART_FORM_DATA", form, { body: { name: "Ada" }, sizes: [5] }],
  ] as const;
  for (const [path, body, expected] of bodies) {
    const answer = await fetch(`${origin}/${path}`, { method: "POST", body });
    expect([answer.headers.get("x-plugin"), await answer.json()]).toEqual(["yes", expected]);
  }

  const limited = await Promise.all(Array.from({ length: 5 }, () => fetch(`${origin}/limited`)));
  expect(limited.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 429]));
  await fetch(`${origin}/data`, { method: "PUT" });
  expect(await (await fetch(`${origin}/data`)).json()).toEqual({ answer: 42 });
  expect(await (await fetch(`${origin}/firewall`)).json()).toContain("PKT_FIREWALL_FAILED");
  expect(await (await fetch(`${origin}/files/package.json`)).json()).toMatchObject({ name: "packetron" });

  expect(await stop("SIGTERM")).toBe(0);
  expect(output()).not.toContain("Warning");
}

/** Makes one project for the tests that follow. */
function useConsumer(fixture: string, packages: readonly string[]): () => Consumer {
  let consumer: Consumer | undefined;
  beforeAll(async () => {
    consumer = await createConsumer(fixture, packages);
  });
  afterAll(() => consumer?.remove());
  return () => {
    if (consumer === undefined) throw new Error("The project is made before the first test.");
    return consumer;
  };
}
