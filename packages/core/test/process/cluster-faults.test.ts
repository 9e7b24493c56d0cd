import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { Program } from "./_builds.ts";
import { get, isAlive, type Running } from "./_cluster-child.ts";
import { type Faults, faultyProxy } from "./_faulty-proxy.ts";
import { ask, Load } from "./_load.ts";

const FULL = process.env["PACKETRON_TEST_FULL"] === "1";
/** The numbers of requests and of kills in the kill test. */
const STORM = FULL ? { requests: 10_000, kills: 50 } : { requests: 1_000, kills: 5 };
/** The errors of requests whose worker was killed. */
const RESETS = ["ECONNRESET", "EPIPE"];

test(`${STORM.requests} requests while workers are killed ${STORM.kills} times: no request takes more than a second, only requests in flight fail`, async () => {
  const app = run({ maxThreads: 4 });
  const port = await app.started();
  const keeping = new Load(port, { keeping: 12, changing: 0, path: "/slow/5" });
  const changing = new Load(port, { keeping: 0, changing: 6, path: "/slow/5" });
  const count = (): number => keeping.outcomes.length + changing.outcomes.length;
  for (let kill = 1; kill <= STORM.kills; kill += 1) {
    const goal = (STORM.requests / STORM.kills) * (kill - 1 + Math.random());
    await app.until(() => count() >= goal && app.living().length > 1, "the time of the next kill");
    const victims = app.living();
    process.kill(Number(victims[Math.floor(Math.random() * victims.length)]), "SIGKILL");
  }
  await app.until(() => count() >= STORM.requests, "the last answers");
  await Promise.all([keeping.stop(), changing.stop()]);
  const failures = [...keeping.failures, ...changing.failures];
  const longest = Math.max(keeping.longest, changing.longest);
  const slowest = failures.reduce((most, { took }) => Math.max(most, took), 0);
  report(
    `${count()} requests, ${STORM.kills} kills: ${failures.length} failed, the slowest of them after ${Math.round(slowest)} ms; ` +
      `the longest answer took ${Math.round(longest)} ms`,
  );
  expect(failures.filter(({ error }) => !RESETS.includes(String(error)))).toEqual([]);
  // Each client has one request at a time, and a killed worker has its share of the clients.
  expect(failures.length).toBeLessThanOrEqual(STORM.kills * 18);
  expect(longest).toBeLessThan(FULL ? 1_000 : 10_000);
}, 180_000);

test("a worker that is stopped by the system is replaced within heartbeatTimeout", async () => {
  const app = run({ heartbeatInterval: 100, heartbeatTimeout: 1_000 });
  const port = await app.started();
  const [victim] = app.living();
  process.kill(Number(victim), "SIGSTOP");
  const answers = await Promise.all(Array.from({ length: 8 }, () => get(port)));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  await app.hear("started", { role: "worker" }, 3);
  expect(isAlive(Number(victim))).toBe(false);
  await app.logs(/"worker \d was silent for 1000 ms; it is killed"/);
});

test("a worker that runs out of memory is replaced, and the others answer", async () => {
  const app = run({}, ["--max-old-space-size=40"]);
  const port = await app.started();
  const before = app.living();
  void get(port, "/grow").catch(() => {});
  await app.until(() => before.some((pid) => !isAlive(pid)), "the end of the worker");
  expect((await get(port)).status).toBe(200);
  await app.hear("started", { role: "worker" }, 3);
  await app.logs(/"worker \d ended after \d+ ms \((signal SIG\w+|exit code \d+)\)"/);
});

test.skipIf(process.platform === "win32").each([2, 1])(
  "without descriptors no process dies or spins, maxThreads %i, and all clients are answered when sockets are free again",
  async (maxThreads) => {
    const app = run(
      { maxThreads, heartbeatInterval: 100 },
      [],
      ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"],
    );
    const port = await started(app);
    const before = app.living();
    const sockets = await occupy(port, 150);
    const cpu = cpuTime(app);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    if (process.platform === "linux") expect(cpuTime(app) - cpu).toBeLessThan(50); // hundredths of a second
    for (const socket of sockets) socket.destroy();
    await eventually(async () => (await ask(port, "/", false)).status === 200);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(port, "/", false)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(app.living()).toEqual(before);
  },
);

test.skipIf(process.platform === "win32")(
  "a worker without free descriptors loses no connection, and gets connections again when it has some",
  async () => {
    const code = `
    import { closeSync, openSync } from "node:fs";
    server.handle({ routePath: "eat", handler: (request, response) => {
      const descriptors = [];
      try { for (;;) descriptors.push(openSync(process.execPath)); } catch {}
      identify(response);
      setTimeout(() => descriptors.forEach(closeSync), 1500);
    } });`;
    const app = run({ heartbeatInterval: 100 }, [], ["sh", "-c", 'ulimit -n 200; exec "$@"', "sh"], code);
    const port = await app.started();
    const { pid } = await get(port, "/eat");
    const during = await Promise.all(Array.from({ length: 30 }, () => get(port)));
    expect(during.map(({ status }) => status)).toEqual(Array(30).fill(200));
    await eventually(async () => (await get(port)).pid === pid);
  },
);

test("a worker that disconnects its IPC channel exits, and is replaced", async () => {
  const code =
    'server.handle({ routePath: "cut", handler: (request, response) => { identify(response); process.disconnect(); } });';
  const app = run({}, [], [], code);
  const port = await app.started();
  const { pid } = await get(port, "/cut");
  await app.hear("started", { role: "worker" }, 3);
  expect(isAlive(pid)).toBe(false);
  expect((await get(port)).status).toBe(200);
});

test("a clock that jumps back by ten years, and ahead by two days, replaces no worker and loses no request", async () => {
  const code = `
    const now = Date.now;
    let offset = 0;
    Date.now = () => now() + offset;
    setTimeout(() => { offset = -10 * 365 * 86_400_000; }, 600).unref();
    setTimeout(() => { offset = 2 * 86_400_000; }, 1_200).unref();`;
  const app = run({ heartbeatInterval: 100, heartbeatTimeout: 3_000, maxAge: 3_600_000 }, [], [], code);
  const port = await app.started();
  const before = app.living();
  const load = new Load(port);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(app.living()).toEqual(before);
  app.child.kill("SIGTERM");
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

test("a closed stdout or stderr does not end a process", async () => {
  const app = run();
  const port = await app.started();
  app.child.stdout?.destroy();
  app.child.stderr?.destroy();
  const [victim] = app.living();
  process.kill(Number(victim), "SIGKILL");
  await eventually(
    async () =>
      new Set(
        (await Promise.all(Array.from({ length: 8 }, () => get(port, "/slow/20")))).map((one) => one.pid),
      ).size === 2,
  );
  app.child.kill("SIGTERM");
  expect(await app.ended).toEqual({ code: 0, signal: null });
});

const networks: readonly (readonly [string, Faults])[] = [
  ["is late", { latency: 20 }],
  ["gives single bytes", { slice: 1 }],
  ["is late and gives a few bytes at a time", { latency: 3, slice: 7 }],
];

test.each(networks)(
  "through a network that %s, every request is answered, and all bytes arrive",
  async (_, faults) => {
    const app = run();
    const proxied = await faultyProxy(await app.started(), faults);
    const load = new Load(proxied, { keeping: 4, changing: 4, most: 40, path: "/" });
    await load.ended;
    expect(load.failures).toEqual([]);
    const text = "x".repeat(2_000);
    expect(await post(proxied, "/length", text)).toBe("2000");
  },
  40_000,
);

test("clients that are reset or vanish leave no connections", async () => {
  const app = run({ idleGrace: 50, drainTimeout: 500, requestTimeout: 1_000, keepAliveTimeout: 300 });
  const port = await app.started();
  const cut = await faultyProxy(port, { slice: 16, resetAfter: 40 });
  const silent = await faultyProxy(port, { slice: 16, silentAfter: 40 });
  const before = descriptors(app);
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => ask(cut, "/slow/20", false)));
  expect(outcomes.map(({ error }) => error)).toEqual(Array(40).fill("ECONNRESET"));
  for (let client = 0; client < 20; client += 1) {
    connect(silent, "127.0.0.1", function (this: Socket) {
      this.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    }).on("error", () => {});
  }
  expect((await get(port)).status).toBe(200);
  await eventually(async () => descriptors(app) <= before);
  expect(app.living()).toHaveLength(2);
  expect(app.errors).not.toContain('"level":"error"');
});

function run(
  options: { readonly maxThreads?: number; readonly [option: string]: unknown } = {},
  nodeOptions: readonly string[] = [],
  wrapper: readonly string[] = [],
  code = "",
): Running {
  const program = new Program();
  const length = `
    server.handle({ method: 1, routePath: "length", handler: async (request, response) => {
      let length = 0;
      for await (const chunk of request) length += chunk.length;
      response.sendTextPlain(String(length));
    } });`;
  program.write(1, "sound", code + length);
  return program.run(options, wrapper, nodeOptions);
}

async function started(app: Running): Promise<number> {
  if (app.size > 1) return app.started();
  const [line] = await app.hear("started");
  return Number(line?.["port"]);
}

/** Opens silent connections. Resolves when each is open or refused. */
function occupy(port: number, count: number): Promise<Socket[]> {
  const open = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket));
      socket.on("error", () => resolve(socket));
    });
  return Promise.all(Array.from({ length: count }, open));
}

/** The CPU time of all processes of the program, in hundredths of a second. */
function cpuTime(app: Running): number {
  const times = processes(app).map((pid) => {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /, "")
      .split(" ")
      .slice(11, 13);
    return Number(user) + Number(system);
  });
  return times.reduce((sum, time) => sum + time, 0);
}

/** The number of open descriptors of all processes of the program, where the system reports it. */
function descriptors(app: Running): number {
  if (process.platform !== "linux") return 0;
  return processes(app).reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
}

function processes(app: Running): number[] {
  return [Number(app.child.pid), ...app.living()].filter((pid, index, all) => all.indexOf(pid) === index);
}

/** Repeats a check until it holds. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the condition did not become true");
}

function post(port: number, path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method: "POST", host: "127.0.0.1", agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve(body));
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

/** Prints figures in the full test layer. */
function report(line: string): void {
  if (FULL) process.stderr.write(`${line}\n`);
}
