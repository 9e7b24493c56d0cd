import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { askApplication } from "../../src/control/client.ts";
import {
  listApplications,
  openDirectory,
  ownRegistration,
  publishRegistration,
  registrationPaths,
} from "../../src/control/registration-files.ts";
import { type ControlledServer, openControl } from "../../src/control/server.ts";
import { privateDirectory } from "../../src/node/private-directory.ts";
import { collectLog, type LogLine } from "../_server.ts";

beforeEach(() => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "control-"));
  vi.stubEnv("TMPDIR", folder);
  return () => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  };
});

/** Opens a control server until the end of the test, and collects its log lines. */
async function open(
  changes: Partial<ControlledServer> = {},
): Promise<{ close(): Promise<void>; lines: LogLine[] }> {
  const { logger, lines } = collectLog();
  const close = await openControl({
    role: "single",
    log: logger,
    address: () => ({ address: "127.0.0.1", family: "IPv4", port: 3000 }),
    status: () => ({ pid: process.pid, generation: 1, addresses: [], startedAt: 5, workers: [] }),
    sharedStatus: () => null,
    liveRoutes: async () => [],
    resolvers: () => ["@house/files"],
    reload: async () => ({ ok: true, generation: 2 }),
    profile: async () => ({ ok: false, reason: "no profile" }),
    ...changes,
  });
  onTestFinished(close);
  return { close, lines };
}

async function ask<Verb extends Parameters<typeof askApplication>[1]>(verb: Verb): Promise<unknown> {
  const [application] = listApplications();
  if (application === undefined) throw new Error("no application is listed");
  return await askApplication(application, verb, 5_000);
}

/** Sends bytes, and returns all bytes received until the connection ends. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(String(listApplications()[0]?.socket)).setEncoding("utf8");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.write(bytes);
  await once(socket, "close");
  return text;
}

describe("the control server of an application", () => {
  test("answers each request", async () => {
    await open();
    expect(await ask("status")).toMatchObject({
      ok: true,
      value: { pid: process.pid, node: process.version, addresses: [{ port: 3000 }], workers: [] },
    });
    expect(await ask("routes")).toMatchObject({
      ok: true,
      value: [{ address: { port: 3000 }, routes: [], resolvers: ["@house/files"] }],
    });
    expect(await ask("reload")).toEqual({ ok: true, value: { generation: 2 } });
  });

  test("passes on why a reload was refused", async () => {
    await open({ reload: async () => ({ ok: false, generation: 1, reason: "worker 1 is late" }) });
    expect(await ask("reload")).toEqual({ ok: false, reason: "worker 1 is late" });
  });

  test("represents all servers of the process, and reloads the one that has workers", async () => {
    const { close } = await open();
    const address = { address: "127.0.0.1", family: "IPv4", port: 4000 };
    await open({
      role: "primary",
      address: () => address,
      reload: async () => ({ ok: true, generation: 9 }),
    });
    expect(listApplications()).toHaveLength(1);
    expect(await ask("status")).toMatchObject({ value: { addresses: [{ port: 3000 }, { port: 4000 }] } });
    expect(await ask("reload")).toMatchObject({ value: { generation: 9 } });
    await close();
    expect(await ask("status")).toMatchObject({ value: { addresses: [{ port: 4000 }] } });
  });

  test("ends the process as SIGTERM would, after it has answered", async () => {
    await open();
    const terminated = once(process, "SIGTERM");
    expect(await ask("stop")).toEqual({ ok: true, value: null });
    await terminated;
  });

  test("removes all its files when the last server has stopped", async () => {
    const { close } = await open();
    expect(readdirSync(privateDirectory())).toHaveLength(2);
    await close();
    expect(readdirSync(privateDirectory())).toEqual([]);
    await open();
    expect(await ask("status")).toMatchObject({ ok: true });
  });

  test("removes the files of a killed application", async () => {
    const directory = openDirectory();
    const left = registrationPaths(directory);
    const registration = ownRegistration(left.socket);
    publishRegistration(left.file, { ...registration, identity: { ...registration.identity, start: "1" } });
    expect(readdirSync(directory)).toHaveLength(1);
    const { close } = await open();
    await close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("admits only this user", async () => {
    await open();
    expect(statSync(privateDirectory()).mode & 0o777).toBe(0o700);
    expect(statSync(String(listApplications()[0]?.socket)).mode & 0o777).toBe(0o600);
  });

  test("refuses a malformed request, and one that does not end", async () => {
    await open();
    expect(await sendRaw("GET / HTTP/1.1\n")).toContain("this is not a request of packetron");
    expect(await sendRaw("x".repeat(5_000))).toContain("a line of more than 4096 bytes");
  });

  test("survives a client that disconnects before the answer", async () => {
    let finish = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await open({
      reload: async () => {
        finish();
        return { ok: true, generation: 2 };
      },
    });
    const socket = connect(String(listApplications()[0]?.socket));
    socket.write('{"packetron":1,"verb":"reload"}\n');
    await asked;
    socket.destroy();
    expect(await ask("reload")).toMatchObject({ ok: true });
  });

  test("does not exist with PACKETRON_CONTROL=off, and nothing is logged", async () => {
    vi.stubEnv("PACKETRON_CONTROL", "off");
    const { lines } = await open();
    expect(listApplications()).toEqual([]);
    expect(lines).toEqual([]);
  });

  test("logs a warning where it cannot be made, and the server continues", async () => {
    mkdirSync(privateDirectory(), { mode: 0o755 });
    chmodSync(privateDirectory(), 0o755);
    const { lines } = await open();
    expect(lines).toMatchObject([
      { level: "warn", fields: { reason: expect.stringContaining("others may enter it") } },
    ]);
    expect(lines[0]?.message).toContain("no control socket");
  });
});

test("an application that does not answer is a refusal that names it", async () => {
  await open();
  const [application] = listApplications();
  if (application === undefined) throw new Error("no application is listed");
  const answer = await askApplication(
    { ...application, name: "gone", socket: `${application.socket}x` },
    "status",
    500,
  );
  expect(answer).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/^gone \(process \d+\) does not answer: .*ENOENT/),
  });
});
