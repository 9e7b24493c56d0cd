/** Uploads to a separate process: its memory, and the files that it leaves when it is killed. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import { FORM_TYPE } from "../_forms.ts";
import { makeDirectory, until, within } from "../_server.ts";
import type { Memory } from "./_fixtures/upload-app.ts";

const MIB = 1024 * 1024;
const full = process.env["PACKETRON_TEST_FULL"] !== undefined;
const size = full ? 1024 : 64;

/** Bytes that the runtime itself may use: buffers that wait for the next garbage collection. */
const ALLOWANCE = 48 * MIB;

interface App {
  readonly child: ChildProcess;
  readonly port: number;
}

function start(directory: string, ...modes: readonly string[]): Promise<App> {
  // With a small young generation, the figures show memory in use, and not memory that waits for garbage collection.
  return startApp("upload-app", [directory, ...modes], ["--max-semi-space-size=1", "--expose-gc"]);
}

async function startApp(name: string, args: readonly string[], execArgv: string[] = []): Promise<App> {
  const child = fork(fixtureFile(`multipart/${name}`), args, {
    execArgv,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [port] = await within(once(child, "message"), "the server did not start");
  return { child, port };
}

async function memoryOf({ child }: App): Promise<Memory> {
  const answer = once(child, "message");
  child.send("memory");
  return (await answer)[0];
}

/** Sends a form with one file, and calls `during` after every 16 MiB. Resolves with the answer. */
async function upload(
  { port }: App,
  mebibytes: number,
  during: () => Promise<unknown>,
  end = true,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const head = '--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n';
  const tail = "\r\n--frontier--\r\n";
  const length = head.length + mebibytes * MIB + tail.length;
  socket.write(
    `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: ${length}\r\n\r\n${head}`,
  );
  const chunk = Buffer.alloc(MIB, "\r\n--frontie");
  for (let sent = 0; sent < mebibytes; sent++) {
    if (!socket.write(chunk)) await once(socket, "drain");
    if (sent % 16 === 15) await during();
  }
  if (!end) {
    socket.on("error", () => {}); // the test kills the server, which resets the connection
    return "";
  }
  socket.write(tail);
  let answer = "";
  for await (const text of socket.setEncoding("latin1")) answer += text;
  return answer;
}

test(`an upload of ${size} MiB needs at most ${ALLOWANCE / MIB} MiB of memory`, {
  timeout: 120_000,
}, async () => {
  const directory = makeDirectory();
  const app = await start(directory);
  await upload(app, 32, async () => {}); // first, so that one-time allocations do not count
  const { rss: before } = await memoryOf(app);
  let peak = before;
  const answer = await upload(app, size, async () => {
    peak = Math.max(peak, (await memoryOf(app)).rss);
  });
  expect(answer).toMatch(new RegExp(`\r\n\r\n${size * MIB}$`));
  expect(peak - before).toBeLessThan(ALLOWANCE);
  await until(() => readdirSync(directory).join() === "partial");
});

const crowd = 100;

/**
 * Bytes that each upload may hold: two reads of the socket before its handler runs, since a full turn defers it, two
 * reads after that, and a little for the rest.
 */
const SHARE = (4 * 64 + 24) * 1024;

test(`${crowd} uploads at once to a stuck disk hold at most ${SHARE / 1024} KiB each, and continue when the disk works`, {
  timeout: 120_000,
}, async () => {
  const app = await start(makeDirectory(), "stuck");
  const { buffers: before } = await memoryOf(app);
  const answers = Promise.all(
    Array.from({ length: crowd }, () => upload(app, full ? 10 : 1, async () => {})),
  );
  answers.catch(() => {}); // when a check below fails, the end of the server resets each upload
  let held = -1;
  // Until the server reads no more: the kernel's buffers are full, too.
  for (let last = -2; held !== last || held < crowd * 64 * 1024; await sleep(100)) {
    last = held;
    held = (await memoryOf(app)).buffers - before;
  }
  expect(held / crowd).toBeLessThan(SHARE);
  app.child.send("go");
  for (const answer of await answers) expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test("files of a killed process stay in partial/, and the next process removes them when it stores a file", async () => {
  const directory = makeDirectory();
  const killed = await start(directory);
  await upload(killed, 2, async () => {}, false);
  const owners = (): string[] => readdirSync(join(directory, "partial"));
  await until(
    () =>
      readdirSync(directory).includes("partial") &&
      owners().some((owner) => readdirSync(join(directory, "partial", owner)).length === 1),
  );
  killed.child.kill("SIGKILL");
  await once(killed.child, "exit");
  expect(readdirSync(directory)).toEqual(["partial"]);
  const [left = ""] = owners();
  const next = await start(directory);
  await upload(next, 1, async () => {});
  await until(() => !owners().includes(left));
});

test.each([1, 2])(
  "uploads that are cut at the end of drainTimeout leave no file when %d process(es) serve",
  async (threads) => {
    const directory = makeDirectory();
    const app = await startApp("drain-app", [directory, String(threads)]);
    const files = (): string[] =>
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name);
    for (let count = 1; count <= 5; count++) {
      await upload(app, 1, async () => {}, false);
      await until(() => files().length === count);
    }
    app.child.kill("SIGTERM");
    await within(once(app.child, "exit"), "the server did not stop");
    expect(files()).toEqual([]);
  },
);
