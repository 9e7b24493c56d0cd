/** Topics over several workers: who gets what, also while a worker is killed or replaced. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";

const full = process.env["PACKETRON_TEST_FULL"] !== undefined;
const WAIT = { timeout: 20_000 };

interface Program {
  readonly child: ChildProcess;
  readonly lines: Interface;
  readonly port: number;
}

async function start(workers: number): Promise<Program> {
  const path = fixtureFile("websocket/chat-app");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", path], {
    env: { ...process.env, WORKERS: String(workers) },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  onTestFinished(() => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, "line");
  return { child, lines, port: JSON.parse(String(line)).port };
}

/** A client, with its worker and what it has received since. */
class Client {
  readonly ws: WebSocket;
  worker = 0;
  pid = 0;
  readonly received: string[] = [];
  code: number | undefined;

  constructor(port: number) {
    this.ws = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    onTestFinished(() => this.ws.terminate());
    this.ws.on("error", () => {});
    this.ws.on("close", (code: number) => {
      this.code = code;
    });
    this.ws.on("message", (data: Buffer) => {
      const text = data.toString();
      if (this.pid === 0) Object.assign(this, JSON.parse(text));
      else this.received.push(text);
    });
  }

  static async open(port: number): Promise<Client> {
    const client = new Client(port);
    await vi.waitUntil(() => client.pid !== 0, WAIT);
    return client;
  }
}

/** Opens clients until each worker has some. */
async function openOnAll(port: number, workers: number, least: number): Promise<Client[]> {
  const clients: Client[] = [];
  const pids = (): Set<number> => new Set(clients.map(({ pid }) => pid));
  while (clients.length < least || pids().size < workers) clients.push(await Client.open(port));
  return clients;
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

test("a message reaches the subscribers of every worker once, in the order in which it was sent", async () => {
  const { port } = await start(2);
  const clients = await openOnAll(port, 2, 6);
  const [first] = clients;
  for (const text of numbers(0, 500)) first?.ws.send(text);
  await vi.waitUntil(() => clients.every(({ received }) => received.length >= 500), WAIT);
  for (const { received } of clients) expect(received).toEqual(numbers(0, 500));
});

test("subscribers of the other workers miss nothing while a worker is killed", async () => {
  const { port } = await start(3);
  const clients = await openOnAll(port, 3, 6);
  const sender = clients[0];
  const victim = clients.find(({ pid }) => pid !== sender?.pid)?.pid ?? 0;
  const others = clients.filter(({ pid }) => pid !== victim);
  const count = full ? 20_000 : 1_000;
  for (let sent = 0; sent < count; sent++) {
    if (sent === count / 2) process.kill(victim, "SIGKILL");
    sender?.ws.send(String(sent));
    if (sent % 50 === 0) await new Promise(setImmediate);
  }
  await vi.waitUntil(() => others.every(({ received }) => received.length >= count), WAIT);
  for (const { received } of others) expect(received).toEqual(numbers(0, count));
  const killed = clients.filter(({ pid }) => pid === victim);
  await vi.waitUntil(() => killed.every(({ code }) => code !== undefined), WAIT);
  expect(killed.map(({ code }) => code)).toEqual(killed.map(() => 1006));
});

test("a reload closes all sockets with 1001, and new ones reach the new workers", async () => {
  const { child, lines, port } = await start(2);
  const clients = await openOnAll(port, 2, full ? 200 : 20);
  const reloaded = once(lines, "line");
  child.kill("SIGUSR2");
  const [line] = await reloaded;
  expect(JSON.parse(String(line))).toMatchObject({ ok: true, generation: 2 });
  await vi.waitUntil(() => clients.every(({ code }) => code !== undefined), WAIT);
  expect(new Set(clients.map(({ code }) => code))).toEqual(new Set([1001]));
  const [again, other] = [await Client.open(port), await Client.open(port)];
  expect(clients.map(({ pid }) => pid)).not.toContain(again.pid);
  again.ws.send("hello");
  await vi.waitUntil(() => other.received.length > 0, WAIT);
  expect(other.received).toEqual(["hello"]);
});
