/** Clients that send requests and read nothing, against a server in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import { makeFolder } from "../_site.ts";

const FULL = process.env["PACKETRON_TEST_FULL"] === "1";

/** How many clients ask for each of the paths. */
const CLIENTS = FULL ? 500 : 4;

/** Long enough that the clients of a long run are still connecting, and short enough for the suite. */
const SEND_TIMEOUT = FULL ? 3_000 : 300;

const PATHS = ["/files/big", "/buffer", "/stream"];

/** Starts the program. The lists grow while it runs. */
async function startApp(dispatch: string): Promise<{ port: number; aborted: string[]; log: string[] }> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", fixtureFile("static/slow-readers-app")],
    {
      env: {
        ...process.env,
        PACKETRON_DISPATCH: dispatch,
        PACKETRON_LOG: "json",
        SEND_TIMEOUT: String(SEND_TIMEOUT),
        DIRECTORY: makeFolder({ big: Buffer.alloc(16 * 2 ** 20) }),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const aborted: string[] = [];
  const log: string[] = [];
  linesOf(child.stderr, (line) => void log.push(line));
  const port = await new Promise<number>((resolve) => {
    linesOf(child.stdout, (line) => {
      const facts: { port?: number; aborted?: string } = JSON.parse(line);
      if (facts.port !== undefined) resolve(facts.port);
      if (facts.aborted !== undefined) aborted.push(facts.aborted);
    });
  });
  return { port, aborted, log };
}

function linesOf(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  });
}

/** Connects, sends, and reads nothing. */
async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {}); // the reset by which the server closes
  socket.pause();
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

/** Asks for a small answer, on a connection that stays open. */
async function askSmall(socket: Socket): Promise<number> {
  const begun = performance.now();
  socket.write("GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(String((await once(socket, "data"))[0])).toContain("small");
  return performance.now() - begun;
}

test.each(["direct", "standard"])(
  `${4 * CLIENTS} clients that read nothing lose their connections, and others are served meanwhile, %s dispatch`,
  async (dispatch) => {
    const { port, aborted, log } = await startApp(dispatch);
    const other = connect(port, "127.0.0.1");
    onTestFinished(() => void other.destroy());
    await askSmall(other);
    const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const texts = [...PATHS.map(request), "GET /small HTTP/1.1\r\n"];
    const sockets = await Promise.all(
      texts.flatMap((text) => Array.from({ length: CLIENTS }, () => open(port, text))),
    );
    const waits: number[] = [];
    while (aborted.length < PATHS.length * CLIENTS) {
      waits.push(await askSmall(other));
    }
    expect(aborted.toSorted()).toEqual(
      ["/buffer", "/files/*", "/stream"].flatMap((route) => Array.from({ length: CLIENTS }, () => route)),
    );
    for (const socket of sockets) socket.resume();
    await vi.waitUntil(() => sockets.every(({ destroyed }) => destroyed), { timeout: 30_000 });
    const lines = log.filter((line) => line.includes("took no byte"));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(FULL ? 60 : 10);
    if (FULL) {
      waits.sort((one, two) => one - two);
      const p99 = waits[Math.floor(waits.length * 0.99)];
      process.stdout.write(`${waits.length} small answers, the 99th percentile took ${p99} ms\n`);
    }
  },
  FULL ? 120_000 : 30_000,
);
