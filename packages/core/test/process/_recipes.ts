/** Starts the programs of the recipes, one for all tests of a page. */
import { rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { hasRedis, TestRedis } from "../../../redis/test/_redis.ts";
import { codeBlocks, readPage } from "../docs/_markdown.ts";
import {
  createProgramFolder,
  isServer,
  type Program,
  type RunningServer,
  type StartOptions,
  startServer,
  writePrograms,
} from "./_programs.ts";

/** A server of a page, and what belongs to it. */
export interface Recipe {
  readonly program: Program;
  readonly server: RunningServer;
  readonly folder: string;
  /** Sends a request on a connection of its own, so that all workers get some. */
  readonly ask: (path: string, options?: RequestInit) => Promise<Response>;
}

/** What the program of a page needs in its folder, and to start. */
const prepare: Record<string, (folder: string) => StartOptions | Promise<StartOptions>> = {
  "database.md": (folder) => {
    createOldDatabase(join(folder, "books.db"));
    return { threads: 2 };
  },
  "jwt.md": () => ({ env: { JWT_KEY: "32 bytes or more, for these tests" } }),
  "sessions.md": () => ({ threads: 2 }),
  "live-updates.md": () => ({ threads: 2 }),
  "chat.md": () => ({ threads: 2 }),
  "many-machines.md": async () => {
    if (!hasRedis) return {};
    redis = await TestRedis.start();
    kills.push(() => void redis?.kill());
    return { env: { REDIS_URL: redis.socket } };
  },
  "tracing.md": (folder) => {
    writeFileSync(join(folder, "otel.js"), SDK);
    return { nodeOptions: ["--import", join(folder, "otel.js")] };
  },
  "debugging.md": () => ({
    env: launchOf("Server with two workers").env,
    nodeOptions: [`--inspect=127.0.0.1:${debugPort}`],
  }),
};

/** The Redis of the program on many machines; `undefined` before its start, and where none is installed. */
export let redis: TestRedis | undefined;

/** A port below those that the system gives to clients. Node takes the following ones for the workers. */
export const debugPort = 20_000 + Math.floor(Math.random() * 10_000);

/** In place of the SDK of the page: prints each span that has ended. */
const SDK = `
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
const describe = (span) => ({
  name: span.name,
  order: span.attributes["order.id"],
  trace: span.spanContext().traceId,
  id: span.spanContext().spanId,
  parent: span.parentSpanContext?.spanId,
});
const exporter = {
  export(spans, done) {
    for (const span of spans) process.stdout.write("span " + JSON.stringify(describe(span)) + "\\n");
    done({ code: 0 });
  },
  shutdown: async () => {},
};
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
`;

/** Makes answers say which worker has answered. */
const NAME_WORKERS = `
import { PacketronPlugin as Naming } from "packetron";
const nameWorker = (_, response) => void response.setHeader("X-Worker", server.workerId);
server.insertGlobalPlugin(Naming.create({ priority: 9, handler: nameWorker }));
`;

const recipes = new Map<string, Promise<Recipe>>();
const kills: (() => void)[] = [];

/** Starts the program of a page. Tests of one page share the server. */
export function recipe(page: string): Promise<Recipe> {
  const started = recipes.get(page) ?? startRecipe(page);
  recipes.set(page, started);
  return started;
}

async function startRecipe(page: string): Promise<Recipe> {
  const folder = createProgramFolder();
  kills.push(() => rmSync(folder, { recursive: true, force: true }));
  const program = writePrograms(page, folder).find(isServer);
  if (program === undefined) throw new Error(`${page} has no server`);
  const code = program.code
    .replace("port: 3000", "port: 0, minReadyTime: 100") // reloads faster
    .replace("url: REDIS_URL", "socket: REDIS_URL");
  const server = await startServer({ ...program, code }, folder, {
    more: NAME_WORKERS,
    whenDone: (kill) => kills.push(kill),
    ...(await prepare[basename(page)]?.(folder)),
  });
  const ask = (path: string, { headers = {}, ...options }: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}/${path}`, {
      ...options,
      headers: { connection: "close", ...headers },
    });
  return { program, server, folder, ask };
}

/** Stops all programs, and resolves to their exit codes and output. */
export async function stopRecipes(): Promise<{ codes: (number | null)[]; output: string }> {
  const all = await Promise.all(recipes.values());
  const codes = await Promise.all(all.map(({ server }) => server.stop()));
  return { codes, output: all.map(({ server }) => server.output()).join("\n") };
}

/** Kills what still runs, and removes the folders. */
export function removeRecipes(): void {
  for (const kill of kills) kill();
}

/** A database of the release before: it has the first of the steps of the page. */
function createOldDatabase(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(
    "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT; PRAGMA user_version = 1",
  );
  database.close();
}

/** A configuration of the file `launch.json` on the page about debugging. */
export function launchOf(name: string): { env: Record<string, string> } {
  const block = codeBlocks(readPage("docs/recipes/debugging.md")).find(({ language }) => language === "json");
  const { configurations } = JSON.parse(block?.code ?? "{}");
  return configurations.find((configuration: { name: string }) => configuration.name === name);
}
