import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { type AddressInfo, createServer, type ListenOptions } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { PacketronDistribution, PacketronServerFlags, type ServerOptions } from "../../src/index.ts";
import { reusePortWorks } from "../../src/node/reuse-port.ts";
import { createCertificate } from "../_certificate.ts";
import { Running } from "./_cluster-child.ts";

const { LEAST_CONNECTIONS, ROUND_ROBIN, STICKY_IP, REUSE_PORT } = PacketronDistribution;

const sharesPorts = await reusePortWorks("127.0.0.1");

/** Whether clients can have different addresses: only Linux answers on all of 127.0.0.0/8. */
const hasManyAddresses = process.platform === "linux";

const WORKERS = 3;

interface Answer {
  readonly pid: number;
  readonly worker: number;
}

function run(
  options: ServerOptions,
  env: NodeJS.ProcessEnv = {},
  nodeOptions: readonly string[] = [],
): Running {
  const OPTIONS = JSON.stringify({ maxThreads: WORKERS, ...options });
  const program = new Running("_fixtures/distribution-app.ts", { OPTIONS, ...env }, nodeOptions);
  program.size = WORKERS;
  return program;
}

/** Sends a request on its own connection, from the client's address. */
function ask(port: number, path = "/", client = 1, tls = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const localAddress = hasManyAddresses ? `127.0.1.${client}` : "127.0.0.1";
    const options = { host: "127.0.0.1", port, path, localAddress, agent: false, timeout: 15_000 };
    const send = tls ? requestHttps : requestHttp;
    const sent = send({ ...options, rejectUnauthorized: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve(JSON.parse(body)));
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer to client ${client}`)));
    sent.on("error", reject).end();
  });
}

function clients(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** The processes that answer. A worker begins to accept shortly after its start is reported. */
async function allPids(port: number): Promise<Set<number>> {
  const answers = await Promise.all(clients(60).map((client) => ask(port, "/", client)));
  return new Set(answers.map((answer) => answer.pid));
}

async function foreignServer(options: ListenOptions): Promise<number> {
  const server = createServer().listen({ host: "127.0.0.1", port: 0, ...options });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function replaced(program: Running, generation: number): Promise<void> {
  const complete = (): boolean =>
    program.workers().length >= WORKERS + generation && program.living().length === WORKERS;
  await program.until(complete, "a replacement");
}

describe.for([LEAST_CONNECTIONS, ROUND_ROBIN, STICKY_IP, REUSE_PORT])("with %s", (distribution) => {
  const missing =
    (distribution === REUSE_PORT && !sharesPorts && "ports cannot be shared here") ||
    (distribution === STICKY_IP && !hasManyAddresses && "all clients have one address here");

  test.skipIf(missing)("every worker answers over TLS, and the primary never does", async () => {
    const program = run({ distribution, tls: createCertificate() });
    const port = await program.started();
    const answers = await Promise.all(clients(60).map((client) => ask(port, "/slow/20", client, true)));
    expect(new Set(answers.map((answer) => answer.worker))).toEqual(new Set([1, 2, 3]));
    expect(answers.map((answer) => answer.pid)).not.toContain(program.child.pid);
  });

  test.skipIf(missing)(
    "connections that a killed worker has not accepted are answered by another",
    async () => {
      const program = run({ distribution });
      const port = await program.started();
      const [victim = 0] = program.living();
      // The stopped worker accepts nothing, and some of so many connections are meant for it.
      process.kill(victim, "SIGSTOP");
      const answers = clients(60).map((client) => ask(port, "/", client));
      await Promise.any(answers);
      process.kill(victim, "SIGKILL");
      const pids = (await Promise.all(answers)).map((answer) => answer.pid);
      expect(pids).toHaveLength(60);
      expect(pids).not.toContain(victim);
      await replaced(program, 1);
      const after = await Promise.all(clients(60).map((client) => ask(port, "/slow/20", client)));
      expect(new Set(after.map((answer) => answer.worker))).toEqual(new Set([1, 2, 3]));
    },
  );

  test.skipIf(missing)("workers that are replaced one after another lose no request", async () => {
    const program = run({ distribution });
    const port = await program.started();
    const failures: unknown[] = [];
    let answered = 0;
    let loading = true;
    const load = async (client: number): Promise<void> => {
      while (loading) {
        await ask(port, "/slow/2", client).then(
          () => answered++,
          (error) => failures.push(error.code),
        );
      }
    };
    const loads = clients(12).map(load);
    for (let round = 1; round <= 3; round += 1) {
      const before = answered;
      const [leaver = 0] = program.living();
      process.kill(leaver, "SIGTERM");
      await replaced(program, round);
      await program.until(() => answered > before + 50, "answers");
    }
    loading = false;
    await Promise.all(loads);
    expect(failures).toEqual([]);
  });

  test.skipIf(missing)("a used port is refused, and passed over with TRY_NEXT_PORT", async () => {
    const port = await foreignServer({});
    const refused = run({ distribution, port });
    expect(await refused.ended).toEqual({ code: 1, signal: null });
    expect(refused.errors).toContain("PKT_SERVER_PORT_IN_USE");
    const next = run({ distribution, port, flags: PacketronServerFlags.TRY_NEXT_PORT });
    const other = await next.started();
    expect(other).toBeGreaterThan(port);
    expect((await ask(other)).worker).toBeGreaterThan(0);
  });
});

test.skipIf(!hasManyAddresses)(
  "sticky-ip: a client has one worker; when that dies it moves, others do not, and it returns to the replacement",
  async () => {
    const program = run({ distribution: STICKY_IP });
    const port = await program.started();
    const everyClient = clients(30);
    const homes = async (): Promise<number[]> =>
      (await Promise.all(everyClient.map((client) => ask(port, "/", client)))).map((answer) => answer.worker);
    const before = await homes();
    expect(await homes()).toEqual(before);
    const { pid, worker } = await ask(port, "/", 1);
    process.kill(pid, "SIGSTOP");
    process.kill(pid, "SIGKILL");
    const during = await Promise.all(everyClient.map((client) => ask(port, "/", client)));
    for (const [index, answer] of during.entries()) {
      expect(answer.pid).not.toBe(pid);
      if (before[index] !== worker) expect(answer.worker).toBe(before[index]);
    }
    await replaced(program, 1);
    expect(await homes()).toEqual(before);
  },
);

test.skipIf(!sharesPorts)(
  "reuse-port: a port that other processes share with each other is in use",
  async () => {
    const port = await foreignServer({ reusePort: true });
    const refused = run({ distribution: REUSE_PORT, port });
    expect(await refused.ended).toEqual({ code: 1, signal: null });
    expect(refused.errors).toContain("PKT_SERVER_PORT_IN_USE");
  },
);

test.skipIf(!sharesPorts)("reuse-port: a second program cannot join the port", async () => {
  const first = run({ distribution: REUSE_PORT });
  const port = await first.started();
  const second = run({ distribution: REUSE_PORT, port });
  expect(await second.ended).toEqual({ code: 1, signal: null });
  expect(second.errors).toContain("PKT_SERVER_PORT_IN_USE");
});

test.skipIf(!sharesPorts)(
  "reuse-port: while no worker lives, connections wait for the first replacement",
  async () => {
    const program = run({ distribution: REUSE_PORT });
    const port = await program.started();
    const before = program.living();
    for (const pid of before) process.kill(pid, "SIGSTOP");
    const answers = clients(20).map((client) => ask(port, "/", client));
    for (const pid of before) process.kill(pid, "SIGKILL");
    const pids = (await Promise.all(answers)).map((answer) => answer.pid);
    expect(pids.filter((pid) => before.includes(pid))).toEqual([]);
  },
);

test.skipIf(!sharesPorts)(
  "reuse-port: connections that wait for a dead worker are answered before its replacement is ready",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "packetron-hold-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const HOLD = join(folder, "hold");
    const program = run({ distribution: REUSE_PORT }, { HOLD });
    const port = await program.started();
    writeFileSync(HOLD, "");
    const [victim = 0, ...others] = program.living();
    await expect.poll(() => allPids(port), { timeout: 5_000 }).toEqual(new Set([victim, ...others]));
    process.kill(victim, "SIGSTOP");
    const answers = clients(60).map((client) => ask(port, "/", client));
    await Promise.any(answers);
    process.kill(victim, "SIGKILL");
    const pids = (await Promise.all(answers)).map((answer) => answer.pid);
    expect(new Set(pids)).toEqual(new Set(others));
    rmSync(HOLD);
    await replaced(program, 1);
    const after = await Promise.all(clients(60).map((client) => ask(port, "/slow/20", client)));
    expect(new Set(after.map((answer) => answer.worker))).toEqual(new Set([1, 2, 3]));
  },
);

test.skipIf(!sharesPorts)("reuse-port: stop() closes the port in every process", async () => {
  const program = run({ distribution: REUSE_PORT });
  const port = await program.started();
  const answers = clients(20).map((client) => ask(port, "/slow/200", client));
  await Promise.all(clients(5).map((client) => ask(port, "/", client)));
  program.child.kill("SIGTERM");
  expect(await Promise.all(answers)).toHaveLength(20);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  await expect(ask(port)).rejects.toThrow("ECONNREFUSED");
});

test("reuse-port: where ports cannot be shared, least-connections is used, with one warning", async () => {
  // Simulates Node before 22.12, macOS and Windows.
  const crippled = 'import net from "node:net"; net._createServerHandle = undefined;';
  const nodeOptions = ["--import", `data:text/javascript,${encodeURIComponent(crippled)}`];
  const program = run({ distribution: REUSE_PORT }, {}, nodeOptions);
  const port = await program.started();
  const answers = await Promise.all(clients(30).map((client) => ask(port, "/slow/20", client)));
  expect(new Set(answers.map((answer) => answer.worker))).toEqual(new Set([1, 2, 3]));
  expect(program.errors.match(/cannot share a port/g)).toHaveLength(1);
});
