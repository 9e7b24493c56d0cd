/** The pairs of code in `docs/migration`: written to modules that serve on free ports, all in one process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeBlocks, readPage, sectionOf } from "../../../core/test/docs/_markdown.ts";
import { createProgramFolder, type Exchange, readDialogue } from "../../../core/test/process/_programs.ts";

/** A framework that Packetron is compared with. */
export interface Peer {
  /** The label of its blocks: `"Express"`. */
  readonly name: string;
  readonly page: string;
  /** Headers that differ, as the table of the page says. */
  readonly other?: readonly string[];
  /** What the frame of its page has before the routes. */
  readonly imports: string;
  readonly create: string;
  /** The line of the frame that makes it listen. */
  readonly listens: RegExp;
  /** Makes it listen on a free port, and exports `port`. */
  readonly listen: string;
}

/** A pair of programs, and the requests that the page shows. */
export interface Pair {
  readonly title: string;
  readonly there: string;
  readonly here: string;
  /** Requests whose answers are the same. */
  readonly same: readonly Exchange[];
  /** Requests whose answers differ, as the page shows. */
  readonly different: Readonly<Record<"there" | "here", readonly Exchange[]>>;
}

const LISTENER = `await new Promise((resolve) => listener.once("listening", resolve));
export const port = listener.address().port;`;

/** The frameworks, each with its page. */
export const peers: readonly Peer[] = [
  {
    name: "Express",
    page: "docs/migration/express.md",
    imports: 'import express from "express";',
    create: "const app = express();",
    listens: /app\.listen\(3000\);/,
    listen: `const listener = app.listen(0, "127.0.0.1");\n${LISTENER}`,
  },
  {
    name: "Fastify",
    page: "docs/migration/fastify.md",
    imports: 'import Fastify from "fastify";',
    create: "const app = Fastify();",
    listens: /await app\.listen\(\{ port: 0 \}\);/,
    listen:
      'await app.listen({ port: 0, host: "127.0.0.1" });\nexport const { port } = app.server.address();',
  },
  {
    name: "Hono",
    page: "docs/migration/hono.md",
    imports: 'import { serve } from "@hono/node-server";\nimport { Hono } from "hono";',
    create: "const app = new Hono();",
    listens: /serve\(\{ fetch: app\.fetch, port: 0 \}\);/,
    listen: `const listener = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });\n${LISTENER}`,
    other: ["accept-ranges"],
  },
];

type Frame = Omit<Peer, "name" | "page">;

const HERE: Frame = {
  imports: `import { Packetron, PacketronHandlerFlags, PacketronPlugin, PacketronRequestMethod, refuse } from "packetron";`,
  create: "const server = new Packetron({ port: 0 });",
  listens: /await server\.start\(\);/,
  listen: "await server.start();\nexport const port = server.port;",
};

/** The pages use the files of this folder, and their programs run in it. */
export function createPairFolder(): string {
  const folder = createProgramFolder();
  mkdirSync(join(folder, "public"));
  writeFileSync(join(folder, "public", "hello.txt"), "hello\n");
  writeFileSync(join(folder, "public", "large.bin"), "a".repeat(2_000));
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "folder", "index.html"), "<h1>Users</h1>\n");
  return folder;
}

/** Reads the pairs of a page, in its order. */
export function readPairs(peer: Peer): Pair[] {
  const text = readPage(peer.page);
  const start = text.slice(0, text.indexOf("\n## Side by side\n")).split("\n").length;
  const headings = text
    .split("\n")
    .map((line, index) => ({ title: line.slice(4), index, isHeading: line.startsWith("### ") }))
    .filter(({ index, isHeading }) => isHeading && index >= start);
  const blocks = codeBlocks(text);
  return headings.flatMap(({ title, index }, at) => {
    const end = headings[at + 1]?.index ?? Number.POSITIVE_INFINITY;
    const own = blocks.filter(({ line }) => line > index && line < end);
    const code = (label: string): string =>
      own.find((block) => block.language === "js" && block.label === label)?.code ?? "";
    const shown = (label: string): Exchange[] =>
      own
        .filter((block) => block.language === "console" && block.label === label)
        .flatMap((block) => readDialogue(block.code));
    const different = { there: shown(peer.name), here: shown("Packetron") };
    return { title, there: code(peer.name), here: code("Packetron"), same: shown(""), different };
  });
}

/** Whether a program is a test of `node:test`. */
export function isTest({ there }: Pair): boolean {
  return there.includes("node:test");
}

/** Whether the programs of a pair need processes of their own. */
export function isCluster({ there }: Pair): boolean {
  return there.includes("SIGTERM");
}

/** Writes both programs of a pair as modules that listen on free ports, and returns their paths. */
export function writeModules(pair: Pair, peer: Peer, folder: string): { there: string; here: string } {
  const home = join(folder, peer.name, pair.title.replaceAll(/\W+/g, "-").toLowerCase());
  mkdirSync(home, { recursive: true });
  const paths = { there: join(home, "there.mjs"), here: join(home, "here.mjs") };
  writeFileSync(paths.there, toModule(pair.there, peer));
  writeFileSync(paths.here, toModule(pair.here, HERE));
  return paths;
}

function toModule(code: string, frame: Frame): string {
  const own = code
    .replaceAll(frame.imports, "")
    .replaceAll("port: 3000", "port: 0")
    .replace(frame.listens, "");
  const variable = /const \w+ =/.exec(frame.create)?.[0] ?? "";
  return [frame.imports, ...(own.includes(variable) ? [] : [frame.create]), own, frame.listen, ""].join("\n");
}

/** Middleware from npm, whose types the frame of a page has no place for. */
const UNTYPED = "Sessions";

/** Writes the programs of Packetron in all pairs, and returns their paths, for the compiler. */
export function writePacketronModules(folder: string): string[] {
  return peers.flatMap((peer) =>
    readPairs(peer)
      .filter((pair) => pair.title !== UNTYPED && !isTest(pair) && !isCluster(pair))
      .map((pair) => writeModules(pair, peer, folder).here),
  );
}

/** Modules that serve in one process. */
export interface Modules {
  /** Returns the port of a module by its path. */
  port(path: string): number;
  stop(): Promise<void>;
}

/** Imports modules that export a `port` in one process. */
export async function serveModules(paths: readonly string[], folder: string): Promise<Modules> {
  const main = join(folder, "main.mjs");
  writeFileSync(
    main,
    [
      "const ports = {};",
      ...paths.map(
        (path) => `ports[${JSON.stringify(path)}] = (await import(${JSON.stringify(path)})).port;`,
      ),
      "console.log('ports ' + JSON.stringify(ports));",
    ].join("\n"),
  );
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: "development", PACKETRON_THREADS: "1", TMPDIR: folder, TEMP: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ended = once(child, "exit").then(() => {
    throw new Error(`the modules ended:\n${output}`);
  });
  ended.catch(() => {}); // an exit after the ports are known is a failing request of a test
  child.stderr.on("data", (chunk) => {
    output += String(chunk);
  });
  const ports = await Promise.race([
    ended,
    new Promise<Record<string, number>>((resolve) => {
      child.stdout.on("data", (chunk) => {
        output += String(chunk);
        const found = /^ports (.*)$/m.exec(output)?.[1];
        if (found !== undefined) resolve(JSON.parse(found));
      });
    }),
  ]);
  return {
    port: (path) => ports[path] ?? 0,
    async stop() {
      child.kill("SIGKILL");
      await ended.catch(() => {});
    },
  };
}

/** The subjects in the table of silent differences of a page. */
export function silentDifferences(page: string): string[] {
  return sectionOf(readPage(page), "What differs silently")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| subject"))
    .map((line) => line.split("|")[1]?.trim() ?? "");
}
