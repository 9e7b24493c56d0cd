import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";

/** Requests of one run. */
const REQUESTS = process.env["PACKETRON_TEST_FULL"] ? 10_000 : 400;

/** Clients at a time. */
const CLIENTS = 16;

/** Bound of every wait, in milliseconds. */
const PATIENCE = 20_000;

interface LogLine {
  readonly level: string;
  readonly pid: number;
  readonly message: string;
}

/** A running program: what it logged, and what else it wrote. */
interface Program {
  readonly port: number;
  readonly lines: LogLine[];
  readonly output: string[];
  /** Asks for SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
}

async function run(threads: number, dispatch: string): Promise<Program> {
  const file = fixtureFile("packetron/faulty-clients");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      THREADS: `${threads}`,
      PACKETRON_DISPATCH: dispatch,
      PACKETRON_LOG: "json",
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: LogLine[] = [];
  const output: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => lines.push(JSON.parse(line)));
  const reader = createInterface({ input: child.stdout }).on("line", (line) => output.push(line));
  while (!output.some((line) => line.startsWith("port "))) await once(reader, "line");
  const port = Number(output.find((line) => line.startsWith("port "))?.slice(5));
  const ended = once(child, "close");
  return {
    port,
    lines,
    output,
    async stop() {
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
  };
}

/** Random numbers from 0 to 1 that are the same in each run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const part = `--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n${"x".repeat(4_000)}\r\n`;

/** Bodies: good ones, and those that their parsers refuse. */
const bodies: readonly (readonly [type: string, body: string])[] = [
  ["application/json", '{"a":1}'],
  ["application/json", '{"a":'],
  ["application/json; charset=none", "{}"],
  ["text/plain", "y".repeat(30_000)],
  ["multipart/form-data; boundary=b", `${part}--b--\r\n`],
  ["multipart/form-data; boundary=b", part.repeat(3)],
  ["multipart/form-data; boundary=b", part.repeat(8)],
  ["multipart/form-data", part],
];

const posts = ["json", "text", "form", "iterate", "pipe"];
const gets = ["stream", "wait", "file", "nothing", "%00", "a%2fb"];
const extra = [
  "",
  "",
  "",
  "Host: y\r\n",
  "X : y\r\n",
  "Content-Encoding: gzip\r\n",
  "Expect: 100-continue\r\n",
  "Expect: y\r\n",
];
const behind = ["", "", "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n", "no request\r\n\r\n"];

/** The bytes of one bad request, or of one that its client is about to abort. */
function makeBytes(random: () => number): Buffer {
  const pick = <Item>(list: readonly [Item, ...Item[]] | readonly Item[]): Item => {
    const item = list[Math.floor(random() * list.length)];
    if (item === undefined) throw new Error("an empty list");
    return item;
  };
  if (random() < 0.4)
    return Buffer.from(`GET /${pick(gets)} HTTP/1.1\r\nHost: x\r\n${pick(extra)}\r\n${pick(behind)}`);
  const [type, body] = pick(bodies);
  const head = `POST /${pick(posts)} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\n${pick(extra)}`;
  if (random() < 0.4)
    return Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n${body}${pick(behind)}`);
  const size = pick([body.length.toString(16), "no size", "-1", (body.length - 1).toString(16)]);
  const chunks = `${(2).toString(16)}\r\n--\r\n${size}\r\n${body}\r\n0\r\n\r\n`;
  return Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks}${pick(behind)}`);
}

/** Sends one request, or a part of it, and leaves in a random way. */
async function attack(port: number, random: () => number): Promise<void> {
  const bytes = makeBytes(random);
  const cut = random() < 0.5 ? bytes.length : Math.floor(random() * bytes.length);
  const leave = random();
  const pause = Math.floor(random() * 30);
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise<void>((resolve) => socket.on("error", () => {}).once("close", () => resolve()));
  socket.setTimeout(PATIENCE, () => socket.destroy());
  if (leave < 0.4)
    socket.once("data", () => socket.resetAndDestroy()); // in the middle of the answer
  else socket.resume();
  socket.write(bytes.subarray(0, cut));
  const timer = setTimeout(() => {
    if (leave < 0.7) socket.resetAndDestroy();
    else socket.end();
  }, pause);
  await closed;
  clearTimeout(timer);
}

/** The process that answers. */
async function ask(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/pid`, { headers: { Connection: "close" } });
  return Number(await answer.text());
}

const askMany = (port: number): Promise<number[]> => Promise.all(Array.from({ length: 20 }, () => ask(port)));

const runs = [1, 2].flatMap((threads) => [
  { threads, dispatch: "direct" },
  { threads, dispatch: "standard" },
]);

test.each(runs)(
  "bad and aborted requests stop none of $threads processes under STOP_ON_ERROR, and hardly log, dispatched $dispatch",
  async ({ threads, dispatch }) => {
    const program = await run(threads, dispatch);
    const before = new Set(await askMany(program.port));
    const begun = performance.now();
    const random = createRandom(20_260);
    let left = REQUESTS;
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (left-- > 0) await attack(program.port, random);
    });
    await Promise.all(clients);
    const seconds = (performance.now() - begun) / 1_000;

    expect(new Set(await askMany(program.port))).toEqual(before);
    expect(before.size).toBe(threads);
    expect(await program.stop()).toBe(0);
    expect(program.output.filter((line) => line.startsWith("error"))).toEqual([]);
    expect(program.lines.filter(({ level }) => level === "error")).toEqual([]);
    const counts = new Map<string, number>();
    for (const { pid, message } of program.lines)
      counts.set(`${pid} ${message}`, (counts.get(`${pid} ${message}`) ?? 0) + 1);
    for (const [line, count] of counts) expect(count, line).toBeLessThanOrEqual(2 * (seconds + 1));
    expect([...counts.keys()].some((line) => line.includes("because its client left"))).toBe(true);
  },
  600_000,
);
