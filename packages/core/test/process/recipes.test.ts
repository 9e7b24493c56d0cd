/** Tests of what the recipes in `docs/recipes` promise, beyond the output that their pages show. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { codeBlocks, readPage } from "../docs/_markdown.ts";
import { attach } from "./_debugger.ts";
import {
  createProgramFolder,
  PAGES_WITH_TESTS,
  runDialogue,
  startServer,
  writePrograms,
} from "./_programs.ts";
import { debugPort, launchOf, recipe, redis, removeRecipes, stopRecipes } from "./_recipes.ts";

afterAll(removeRecipes);

describe.skipIf(process.platform === "win32")("the programs", () => {
  test.each(PAGES_WITH_TESTS)("%s prints the output that the page shows", async (page) => {
    const { program, server, folder } = await recipe(page);
    for await (const { command, output, printed } of runDialogue(program, server.port, folder))
      expect({ command, printed }).toEqual({ command, printed: expect.arrayContaining([...output]) });
  });

  test("docs/recipes/database.md: an old database gets the new column, and both workers write to it", async () => {
    const { ask } = await recipe("docs/recipes/database.md");
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, pages) =>
        ask("books", { method: "POST", body: JSON.stringify({ title: "Emma", pages }) }),
      ),
    );
    const books = await Promise.all(answers.map(async (answer): Promise<unknown> => answer.json()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(workersOf(answers)).toEqual(["1", "2"]);
    expect(new Set(books.map((book) => JSON.stringify(book)))).toHaveLength(20);
    expect((await ask("books", { method: "POST", body: '{"title":7}' })).status).toBe(400);
  });

  test("docs/recipes/jwt.md: a token is valid, also one of another implementation, and a forged one is not", async () => {
    const { ask } = await recipe("docs/recipes/jwt.md");
    const me = async (token: string): Promise<Response> =>
      ask("api/me", { headers: { Authorization: `Bearer ${token}` } });
    const given = await (await ask("login/ada", { method: "POST" })).text();
    expect([(await me(given)).status, (await me(sign({}))).status]).toEqual([200, 200]);

    const [head, claims] = given.split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const refused = {
      "without a signature": `${none}.${claims}.`,
      "signed with another algorithm": sign({}, "HS512"),
      "signed with another key": sign({}, "HS256", "another key"),
      "with other claims": `${head}.${sign({}).split(".")[1]}.${given.split(".")[2]}`,
      "of another issuer": sign({ iss: "https://evil.example" }),
      "for another service": sign({ aud: "https://shop.example" }),
      "without an end": sign({ exp: undefined }),
      "without a user": sign({ sub: undefined }),
    };
    for (const [kind, token] of Object.entries(refused)) {
      const { status, headers } = await me(token);
      const says = headers.get("www-authenticate");
      expect([kind, status, says]).toEqual([kind, 401, 'Bearer realm="api", error="invalid_token"']);
    }
    const expired = await me(sign({ exp: Math.floor(Date.now() / 1_000) - 1 }));
    expect(expired.headers.get("www-authenticate")).toContain('error_description="expired"');
  });

  test("docs/recipes/sessions.md: both workers know a session, and those of a reload, too", async () => {
    const { ask, server } = await recipe("docs/recipes/sessions.md");
    const body = JSON.stringify({ name: "ada", password: "tea" });
    const login = await ask("login", { method: "POST", body });
    const [cookie = ""] = login.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-session=[\w-]{43}; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const me = (): Promise<Response> => ask("me", { headers: { cookie: cookie.split(";")[0] ?? "" } });
    const answers = [await me(), await me(), await me(), await me()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(workersOf(answers)).toEqual(["1", "2"]);

    server.signal("SIGHUP");
    while (!server.output().includes("generation 2 serves")) expect((await me()).status).toBe(200);
    expect(await (await me()).json()).toEqual({ name: "ada" });
    expect((await ask("login", { method: "POST", body: '{"name":"ada"}' })).status).toBe(401);
    expect((await ask("me", { headers: { cookie: "__Host-session=undefined" } })).status).toBe(401);
  });

  test("docs/recipes/live-updates.md: readers of both workers get all news in one order, also after a break", async () => {
    const { ask } = await recipe("docs/recipes/live-updates.md");
    const readers = await Promise.all([ask("news"), ask("news"), ask("news"), ask("news")]);
    expect(workersOf(readers)).toEqual(["1", "2"]);
    const post = (text: string): Promise<Response> =>
      ask("news", { method: "POST", headers: { "Content-Type": "text/plain" }, body: text });
    await Promise.all(["a", "b", "c", "d", "e"].map(post));
    const all = await Promise.all(readers.map((reader) => readEvents(reader, 6))); // one is of the page's commands
    expect(all[0]?.map(({ data }) => data).toSorted()).toEqual(["It rains", "a", "b", "c", "d", "e"]);
    for (const events of all) expect(events).toEqual(all[0]);

    const last = all[0]?.[3]?.id ?? "";
    const again = await ask("news", { headers: { "Last-Event-ID": last } });
    expect(await readEvents(again, 2)).toEqual(all[0]?.slice(4));
    expect((await ask("news", { headers: { "Last-Event-ID": "x" } })).status).toBe(400);
  });

  test("docs/recipes/chat.md: a message reaches the sockets of both workers, and of its room alone", async () => {
    const { server } = await recipe("docs/recipes/chat.md");
    const open = (path: string): { socket: WebSocket; heard: string[] } => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rooms/${path}`);
      onTestFinished(() => socket.close());
      const heard: string[] = [];
      socket.addEventListener("message", ({ data }) => heard.push(String(data)));
      return { socket, heard };
    };
    const clients = ["tea?name=ada", "tea?name=bob", "tea?name=eve", "wine"].map(open);
    await Promise.all(clients.map(({ socket }) => once(socket, "open")));
    const said = '{"name":"ada","text":"hello"}';
    const reached = clients.slice(0, 3).map(async ({ socket, heard }) => {
      while (!heard.includes(said)) await once(socket, "message");
    });
    clients[0]?.socket.send("hello");
    await Promise.all(reached);
    expect(clients[3]?.heard.some((text) => text.includes("hello"))).toBe(false);

    const [first] = clients;
    if (first === undefined) throw new Error("no client");
    first.socket.send(new Uint8Array(1));
    const [{ code, reason }] = await once(first.socket, "close");
    expect([code, reason]).toEqual([1003, "text only"]);
  });

  test("docs/recipes/many-machines.md: a second program shares the count, and both go on without Redis", async ({
    skip,
  }) => {
    const first = await recipe("docs/recipes/many-machines.md");
    if (redis === undefined) return skip("redis-server is not installed");
    const code = first.program.code.replace("url: REDIS_URL", "socket: REDIS_URL");
    const server = await startServer({ ...first.program, code }, first.folder, {
      env: { REDIS_URL: redis.socket },
    });
    const visits = async (port: number): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${port}/visits`)).json();
    expect(await visits(server.port)).toEqual({ visits: 3 });
    expect(await visits(first.server.port)).toEqual({ visits: 4 });
    await redis.kill();
    expect(await visits(server.port)).toEqual({ visits: null });
    expect(await server.stop()).toBe(0);
  });

  test("docs/recipes/tracing.md: the call of a handler is in the trace of its request", async () => {
    const { server } = await recipe("docs/recipes/tracing.md");
    const spans = await vi.waitFor(
      () => {
        const found = [...server.output().matchAll(/^span (.*)$/gm)].map(([, text = ""]) => JSON.parse(text));
        expect(found).toHaveLength(2);
        return found.toSorted((one, other) => one.name.localeCompare(other.name));
      },
      { timeout: 10_000 },
    );
    const [order, stock] = spans;
    expect([order.name, order.order, stock.name]).toEqual(["GET /orders/:id", "7", "GET /stock/:id"]);
    expect([stock.trace, stock.parent]).toEqual([order.trace, order.id]);
  });

  test("docs/recipes/debugging.md: each process has a debugger, and a breakpoint stops one worker alone", async () => {
    const { program, ask } = await recipe("docs/recipes/debugging.md");
    expect(launchOf("Server with two workers")).toMatchObject({
      program: `\${workspaceFolder}/${basename(program.path)}`,
      autoAttachChildProcesses: true,
    });
    const list = async (port: number): Promise<{ url: string; webSocketDebuggerUrl: string }> => {
      const [target] = JSON.parse(await (await fetch(`http://127.0.0.1:${port}/json/list`)).text());
      return target;
    };
    const targets = await Promise.all([0, 1, 2].map((offset) => list(debugPort + offset)));
    for (const { url } of targets) expect(url).toMatch(/\/server-on-a-free-port\.js$/);

    const debug = await attach(targets[1]?.webSocketDebuggerUrl ?? "");
    const lineNumber = program.code.split("\n").findIndex((line) => line.includes("a breakpoint here"));
    await debug.send("Debugger.enable");
    const paused = debug.paused();
    await debug.send("Debugger.setBreakpointByUrl", { lineNumber, urlRegex: "server-on-a-free-port" });
    const answers = [ask("sum/2/3"), ask("sum/2/3")]; // one for each worker
    expect((await paused)?.callFrames[0]?.location.lineNumber).toBe(lineNumber);
    expect((await Promise.race(answers)).headers.get("x-worker")).toBe("2");
    await debug.send("Debugger.resume");
    expect(workersOf(await Promise.all(answers))).toEqual(["1", "2"]);
  });

  test("each program stops with exit code 0 on SIGTERM", async () => {
    const { codes, output } = await stopRecipes();
    expect(codes, output).toEqual(PAGES_WITH_TESTS.map(() => 0));
  });
});

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

describe("docs/recipes/testing.md, with the line of its table for vitest", async () => {
  const folder = createProgramFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const page = "docs/recipes/testing.md";
  const file = writePrograms(page, folder).find(({ code }) => code.includes("node:test"));
  if (file === undefined) throw new Error(`${page} has no test`);
  const line = /^\| vitest \| `([^`]+)`/m.exec(readPage(page))?.[1];
  writeFileSync(file.path, file.code.replace('import { test } from "node:test";', String(line)));
  await import(file.path); // its tests are those of this suite, and an empty suite fails
});

/** The workers that have given some answers. */
function workersOf(answers: readonly Response[]): string[] {
  return [...new Set(answers.map(({ headers }) => headers.get("x-worker") ?? ""))].toSorted();
}

/** A token as that of the page, by another implementation. */
function sign(changed: object, alg = "HS256", key = "32 bytes or more, for these tests"): string {
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const claims = { sub: "ada", iss: "https://id.example", aud: "https://api.example", exp, ...changed };
  const text = [{ alg }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const hash = alg.replace("HS", "sha");
  return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
}

/** The first events of a stream. */
async function readEvents(response: Response, count: number): Promise<{ id: string; data: string }[]> {
  const events: { id: string; data: string }[] = [];
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, id = "", data = ""] = /^id: (.*)\ndata: (.*)$/m.exec(block) ?? [];
      if (id !== "") events.push({ id, data });
    }
    if (events.length >= count) break;
  }
  return events;
}
